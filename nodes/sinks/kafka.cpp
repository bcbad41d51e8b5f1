// kafka: what becomes of actions, as lines of a topic of a Kafka cluster (nodes/delivery/kafka_delivery.h)
// through a spool. A line's key is its stream, so each camera's lines stay in order.
#include <array>
#include <utility>

#include "base/config/secret.h"
#include "nodes/delivery/host_port.h"
#include "nodes/delivery/kafka_delivery.h"
#include "nodes/sinks/receiver_check.h"
#include "nodes/sinks/sink_kinds.h"
#include "nodes/sinks/spooled_node.h"

namespace actionflow {

namespace {

enum class SaslMechanism { plain, scram_sha_256, scram_sha_512 };

}  // namespace

template <>
struct config::EnumNames<SaslMechanism> {
  static constexpr std::array<std::pair<SaslMechanism, std::string_view>, 3> names{
      {{SaslMechanism::plain, "PLAIN"},
       {SaslMechanism::scram_sha_256, "SCRAM-SHA-256"},
       {SaslMechanism::scram_sha_512, "SCRAM-SHA-512"}}};
};

namespace {

// Whether Kafka takes it as a name.
bool is_kafka_topic(const std::string& name) {
  constexpr std::size_t kLongestTopic = 249;
  constexpr std::string_view kTopicBytes =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= kLongestTopic && name != "." && name != ".." &&
         name.find_first_not_of(kTopicBytes) == std::string::npos;
}

struct KafkaOptions {
  static constexpr SpoolFormat kFormat{"kafka"};
  std::vector<std::string> brokers;
  std::string topic = "actionflow";
  bool tls = false;
  std::filesystem::path ca, certificate, key;
  SaslMechanism mechanism = SaslMechanism::plain;
  std::string user;
  Secret password;
  SpoolOptions spool;

  static void describe(config::Fields<KafkaOptions>& fields) {
    fields.add("brokers", &KafkaOptions::brokers, "some of the cluster's, host or host:port").required();
    fields.add("topic", &KafkaOptions::topic, "where the lines go");
    fields.add("tls", &KafkaOptions::tls, "whether the brokers are spoken to by TLS");
    fields.add("ca", &KafkaOptions::ca,
               "certificates in PEM that sign the brokers'; the system's unless given");
    fields.add("certificate", &KafkaOptions::certificate, "ours in PEM, where the brokers ask for it");
    fields.add("key", &KafkaOptions::key, "of our certificate");
    fields.add("user", &KafkaOptions::user, "where the brokers ask for one, by SASL");
    fields.add("password", &KafkaOptions::password, "of the user; best as \"${NAME}\", from the environment");
    fields.add("mechanism", &KafkaOptions::mechanism, "of SASL, by which the password is told");
    fields.add("spool", &KafkaOptions::spool, "what waits while the brokers are away");
  }

  void check(const config::Value& value, config::Diagnostics& diagnostics) const {
    ReceiverCheck check(value, diagnostics);
    if (!has_kafka())
      diagnostics.add(value.place(),
                      "kafka is not in this program: it was built without librdkafka (Debian's "
                      "librdkafka-dev); build it anew where that is installed");
    if (brokers.empty()) check.wrong("brokers", "brokers is empty, expected at least one host:port");
    for (const std::string& broker : brokers)
      if (!HostPort::parse(broker))
        check.wrong("brokers", "'" + broker + "' is no broker's address, expected host or host:port");
    if (!is_kafka_topic(topic))
      check.wrong("topic",
                  "topic is '" + topic + "', expected up to 249 of the characters a-z A-Z 0-9 . _ -");
    check.together("certificate", certificate, "key", key);
    if (!tls && !(ca.empty() && certificate.empty()))
      check.wrong(ca.empty() ? "certificate" : "ca",
                  "certificates are for TLS, expected tls: true beside them");
    check.file("ca", ca);
    check.file("certificate", certificate);
    check.file("key", key);
    check.together("user", user, "password", password);
    if (user.empty() && value.find("mechanism"))
      check.wrong("mechanism", "mechanism stands without a user, expected user: and password: beside it");
  }

  // SCRAM never tells the password itself.
  std::vector<std::filesystem::path> files() const { return {ca, certificate, key}; }

  std::string warning() const {
    const bool told = !user.empty() && !tls && mechanism == SaslMechanism::plain;
    return told ? password_in_the_clear("tls: true") : "";
  }

  std::shared_ptr<Delivery> delivery(const RunContext&) const { return kafka_delivery(cluster(), topic); }

  KafkaCluster cluster() const {
    KafkaCluster cluster{brokers, tls, ca, certificate, key};
    if (user.empty()) return cluster;
    for (const auto& [known, name] : config::EnumNames<SaslMechanism>::names)
      if (known == mechanism) cluster.mechanism = name;
    cluster.user = user;
    cluster.password = password;
    return cluster;
  }
};

}  // namespace

NodeKind kafka_kind() {
  return spooled_kind<KafkaOptions, EventLines<KafkaOptions>>("events to a topic of a Kafka cluster");
}

}  // namespace actionflow
