// kafka: what becomes of actions, as lines of a topic of a Kafka cluster (nodes/delivery/kafka_delivery.h)
// through a spool. A line's key is its stream, so each camera's lines stay in order.
#include <algorithm>
#include <array>
#include <utility>

#include "base/config/secret.h"
#include "nodes/delivery/host_port.h"
#include "nodes/delivery/kafka_delivery.h"
#include "nodes/results/json_lines.h"
#include "nodes/sinks/sink_kinds.h"
#include "nodes/sinks/spooled_sink.h"

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
    const auto wrong = [&](const char* name, const std::string& what) {
      const config::Value* member = value.find(name);
      diagnostics.add(member ? member->place() : value.place(), what);
    };
    if (!has_kafka())
      diagnostics.add(value.place(),
                      "kafka is not in this program: it was built without librdkafka (Debian's "
                      "librdkafka-dev); build it anew where that is installed");
    if (brokers.empty()) wrong("brokers", "brokers is empty, expected at least one host:port");
    for (const std::string& broker : brokers)
      if (!HostPort::parse(broker))
        wrong("brokers", "'" + broker + "' is no broker's address, expected host or host:port");
    if (!is_kafka_topic(topic))
      wrong("topic", "topic is '" + topic + "', expected up to 249 of the characters a-z A-Z 0-9 . _ -");
    if (certificate.empty() != key.empty())
      wrong(certificate.empty() ? "key" : "certificate",
            "certificate and key belong together, expected both");
    if (!tls && !(ca.empty() && certificate.empty()))
      wrong(ca.empty() ? "certificate" : "ca", "certificates are for TLS, expected tls: true beside them");
    if (user.empty() != password.empty())
      wrong(user.empty() ? "password" : "user", "user and password belong together, expected both");
    if (user.empty() && value.find("mechanism"))
      wrong("mechanism", "mechanism stands without a user, expected user: and password: beside it");
  }

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

class KafkaSink : public SpooledSink {
 public:
  KafkaSink(const NodeUse& use, const KafkaOptions& options, const std::shared_ptr<RunContext>& run)
      : SpooledSink(use, options.spool, kafka_delivery(options.cluster(), options.topic), run) {}

  void event(const EventResult& result) override {
    const Message line{"", to_json_line(result), false, 0, result.stream};
    put({&line, 1});
  }
};

class KafkaNode : public Node {
 public:
  using Options = KafkaOptions;
  explicit KafkaNode(Options options) : options_(std::move(options)) {}

  std::vector<std::filesystem::path> outputs(const std::vector<std::string>&) const override {
    if (options_.spool.file.empty()) return {};
    return {options_.spool.file};
  }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    add_spooled_sink(flow, use, inputs.front(),
                     std::make_shared<KafkaSink>(use, options_, flow.shared_run()));
    return {};
  }

 private:
  Options options_;
};

}  // namespace

NodeKind kafka_kind() {
  return node_kind<KafkaNode>("kafka", "events to a topic of a Kafka cluster", {PortType::events},
                              PortType::nothing, false);
}

}  // namespace actionflow
