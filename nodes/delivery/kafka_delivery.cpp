#include "nodes/delivery/kafka_delivery.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/log/hourly.h"
#include "base/log/log.h"
#include "base/machine/clock.h"
#include "nodes/delivery/host_port.h"

namespace actionflow {

namespace {

using std::chrono::milliseconds;

// For a broker's answer; the second where one has failed meanwhile, or did a moment ago.
constexpr double kBrokerSeconds = 10;
constexpr double kTroubledSeconds = 1;
constexpr double kProbeEverySeconds = 10;
constexpr milliseconds kProbeTry{500};
constexpr milliseconds kEventLook{100};
constexpr int kKafkaPort = 9092;
// Brokers of Kafka 4 refuse the SCRAM of librdkafka before 2.6.1 (confluentinc/librdkafka#4895).
constexpr int kScramMended = 0x020601ff;

template <auto destroy>
struct DestroyBy {
  template <class Handle>
  void operator()(Handle* handle) const noexcept {
    destroy(handle);
  }
};
template <class Handle, auto destroy>
using Owned = std::unique_ptr<Handle, DestroyBy<destroy>>;

using KafkaConf = Owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using KafkaHandle = Owned<rd_kafka_t, rd_kafka_destroy>;
using KafkaTopic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using KafkaQueue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using KafkaEvent = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using KafkaError = Owned<rd_kafka_error_t, rd_kafka_error_destroy>;

constexpr std::size_t kReasonBytes = 512;
using ReasonBuffer = std::array<char, kReasonBytes>;

[[noreturn]] void fail_kafka(const std::string& reason) {
  throw Error(ExitCode::failure, "Kafka: " + reason);
}

class Settings {
 public:
  void set(const char* name, const std::string& value) {
    ReasonBuffer reason{};
    if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK)
      fail_kafka(reason.data());
  }
  // Where there is one.
  void set_file(const char* name, const std::filesystem::path& file) {
    if (file.empty()) return;
    if (!std::ifstream(file)) fail_kafka(file.string() + ": " + std::strerror(errno));
    set(name, file.string());
  }
  KafkaHandle producer() {
    rd_kafka_conf_set_log_cb(conf_.get(), nullptr);  // errors come as events
    rd_kafka_conf_set_events(conf_.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    ReasonBuffer reason{};
    KafkaHandle handle(rd_kafka_new(RD_KAFKA_PRODUCER, conf_.get(), reason.data(), reason.size()));
    if (!handle) fail_kafka(reason.data());
    (void)conf_.release();  // the producer has it
    return handle;
  }

 private:
  KafkaConf conf_{rd_kafka_conf_new()};
};

std::string broker_list(const KafkaCluster& cluster) {
  std::vector<std::string> brokers;
  for (const std::string& broker : cluster.brokers) {
    const auto address = HostPort::parse(broker);
    brokers.push_back(address ? address->text(kKafkaPort) : broker);
  }
  return fmt::format("{}", fmt::join(brokers, ","));
}

KafkaHandle make_producer(const KafkaCluster& cluster) {
  Settings settings;
  settings.set("bootstrap.servers", broker_list(cluster));
  settings.set("client.id", "actionflow");
  settings.set("enable.idempotence", "true");
  settings.set("acks", "all");
  settings.set("message.timeout.ms", "0");  // a message that waits is the spool's, and is never given up
  settings.set("linger.ms", "0");
  settings.set("partitioner", "murmur2_random");
  settings.set("request.timeout.ms", "10000");
  settings.set("socket.timeout.ms", "15000");
  settings.set("socket.keepalive.enable", "true");
  settings.set("reconnect.backoff.max.ms", "1000");
  const bool sasl = !cluster.mechanism.empty();
  settings.set("security.protocol", std::string(sasl ? "sasl_" : "") + (cluster.tls ? "ssl" : "plaintext"));
  if (cluster.tls) {
    settings.set_file("ssl.ca.location", cluster.authority);
    settings.set_file("ssl.certificate.location", cluster.certificate);
    settings.set_file("ssl.key.location", cluster.key);
  }
  if (sasl) {
    settings.set("sasl.mechanism", cluster.mechanism);
    settings.set("sasl.username", cluster.user);
    settings.set("sasl.password", cluster.password);
  }
  return settings.producer();
}

// It will never be taken.
bool is_message_fault(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_MSG ||
         code == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || code == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
         code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

rd_kafka_vu_t value_of(rd_kafka_vtype_t type, const std::string& bytes) {
  rd_kafka_vu_t value{};
  value.vtype = type;
  value.u.mem.ptr = const_cast<char*>(bytes.data());  // copied, not written
  value.u.mem.size = bytes.size();
  return value;
}

class KafkaProducer {
 public:
  KafkaProducer(const KafkaCluster& cluster, const std::string& topic)
      : name_(broker_list(cluster)),
        topic_name_(topic),
        scram_(cluster.mechanism.starts_with("SCRAM")),
        handle_(make_producer(cluster)),
        topic_(rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr)),
        events_(rd_kafka_queue_get_main(handle_.get())) {
    if (!topic_) fail_kafka(topic + ": " + rd_kafka_err2str(rd_kafka_last_error()));
  }

  // The brokers no longer take this producer's messages.
  bool dead() const {
    ReasonBuffer reason{};
    return rd_kafka_fatal_error(handle_.get(), reason.data(), reason.size()) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  bool deliver(const Message& message) {
    hear_what_came();
    // One that the spool has dropped while it was on its way.
    if (sent_ && sent_->id != message.id) await_receipt();
    if (!sent_) produce(message);
    return await_receipt();
  }

  void idle() {
    hear_what_came();
    if (!probed_ || probed_->seconds() >= kProbeEverySeconds) probe();
  }

 private:
  void produce(const Message& message) {
    const std::string number = std::to_string(message.id);
    rd_kafka_vu_t topic{}, flags{}, header{};
    topic.vtype = RD_KAFKA_VTYPE_RKT;
    topic.u.rkt = topic_.get();
    flags.vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    flags.u.i = RD_KAFKA_MSG_F_COPY;
    header.vtype = RD_KAFKA_VTYPE_HEADER;
    header.u.header.name = "actionflow-delivery";
    header.u.header.val = number.data();
    header.u.header.size = static_cast<ssize_t>(number.size());
    const std::array<rd_kafka_vu_t, 5> parts{topic, flags, header, value_of(RD_KAFKA_VTYPE_KEY, message.key),
                                             value_of(RD_KAFKA_VTYPE_VALUE, message.payload)};
    sent_ = Sent{message.id, std::nullopt};
    if (const KafkaError error(rd_kafka_produceva(handle_.get(), parts.data(), parts.size())); error)
      sent_->receipt = rd_kafka_error_code(error.get());
  }

  // False where the message is refused for good.
  bool await_receipt() {
    Patience patience(*this);
    while (!sent_->receipt) {
      hear(kEventLook);
      if (!sent_->receipt && patience.over()) fail_waiting();
    }
    const rd_kafka_resp_err_t receipt = *sent_->receipt;
    sent_.reset();
    if (is_message_fault(receipt)) {
      log::hourly(log::Level::warn, fmt::format("Kafka: {}: {}; the message is not sent again", topic_name_,
                                                rd_kafka_err2str(receipt)));
      return false;
    }
    if (receipt != RD_KAFKA_RESP_ERR_NO_ERROR) fail_topic(receipt);
    set_back();
    return true;
  }

  // For the brokers, during one call.
  class Patience {
   public:
    explicit Patience(KafkaProducer& producer) : producer_(producer) {
      producer_.troubled_ = producer_.away_;
    }
    bool over() {
      if (std::exchange(producer_.troubled_, false))
        most_ = std::min(most_, since_.seconds() + kTroubledSeconds);
      return since_.seconds() >= most_;
    }

   private:
    KafkaProducer& producer_;
    const Stopwatch since_;
    double most_ = kBrokerSeconds;
  };

  [[noreturn]] void fail_waiting() {
    if (reason_.empty() && !away_) {
      if (const auto wrong = topic_error(); wrong != RD_KAFKA_RESP_ERR_NO_ERROR) fail_topic(wrong);
    }
    away_ = true;
    fail_kafka(reason_.empty() ? name_ + " does not answer" : reason_);
  }

  [[noreturn]] void fail_topic(rd_kafka_resp_err_t code) const {
    fail_kafka("topic '" + topic_name_ + "': " + rd_kafka_err2str(code));
  }

  // Whether messages would come through. A topic that is not there may be made for the first of them.
  void probe() {
    probed_.reset();
    if (topic_error() == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
      fail_topic(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    probed_.emplace();
    set_back();
  }

  // What the brokers say of the topic.
  rd_kafka_resp_err_t topic_error() {
    Patience patience(*this);
    for (;;) {
      const struct rd_kafka_metadata* found = nullptr;
      const rd_kafka_resp_err_t code =
          rd_kafka_metadata(handle_.get(), 0, topic_.get(), &found, static_cast<int>(kProbeTry.count()));
      const Owned<const struct rd_kafka_metadata, rd_kafka_metadata_destroy> metadata(found);
      hear_what_came();
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
      if (!patience.over()) continue;
      away_ = true;
      fail_kafka(reason_.empty() ? name_ + ": " + rd_kafka_err2str(code) : reason_);
    }
  }

  void set_back() {
    away_ = false;
    reason_.clear();
  }

  void hear_what_came() {
    while (hear(milliseconds(0))) {
    }
  }

  // One event of librdkafka, waited for so long; whether there was any.
  bool hear(milliseconds most) {
    const KafkaEvent event(rd_kafka_queue_poll(events_.get(), static_cast<int>(most.count())));
    if (!event) return false;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
      if (const rd_kafka_message_t* receipt = rd_kafka_event_message_next(event.get())) {
        if (sent_) sent_->receipt = receipt->err;
      }
    } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      hear_error(event.get());
    }
    return true;
  }

  void hear_error(rd_kafka_event_t* event) {
    troubled_ = true;
    switch (rd_kafka_event_error(event)) {
      case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        return;  // the reasons came before
      case RD_KAFKA_RESP_ERR__FATAL: {
        ReasonBuffer reason{};
        rd_kafka_fatal_error(handle_.get(), reason.data(), reason.size());
        fail_kafka(reason.data());
      }
      case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        reason_ = rd_kafka_event_error_string(event);
        if (scram_ && rd_kafka_version() < kScramMended)
          reason_ += fmt::format(
              "; librdkafka {}, which this program uses, cannot do SCRAM with Kafka 4 (2.6.1 can), there "
              "take mechanism: PLAIN and tls: true",
              rd_kafka_version_str());
        return;
      default:
        reason_ = rd_kafka_event_error_string(event);
    }
  }

  const std::string name_, topic_name_;
  const bool scram_;
  const KafkaHandle handle_;
  const KafkaTopic topic_;
  const KafkaQueue events_;
  // The message that the topic may have, until deliver() has told what became of it.
  struct Sent {
    std::int64_t id;
    std::optional<rd_kafka_resp_err_t> receipt;
  };
  std::optional<Sent> sent_;
  std::optional<Stopwatch> probed_;  // since the topic was there
  std::string reason_;               // what was last heard of a broker
  bool troubled_ = false;            // a broker has failed
  bool away_ = false;                // the last call failed
};

class KafkaDelivery : public Delivery {
 public:
  KafkaDelivery(KafkaCluster cluster, std::string topic)
      : cluster_(std::move(cluster)), topic_(std::move(topic)) {}

  bool deliver(const Message& message) override {
    return guarded([&] { return producer_->deliver(message); });
  }

  // Asks for the topic now and then, so that brokers that are away, or refuse us, are known before the next
  // message comes.
  void idle(int wake, milliseconds most) override {
    guarded([&] { producer_->idle(); });
    Delivery::idle(wake, most);
  }

 private:
  template <class Work>
  std::invoke_result_t<Work> guarded(Work work) {
    if (!producer_) producer_ = std::make_unique<KafkaProducer>(cluster_, topic_);
    try {
      return work();
    } catch (...) {
      if (producer_->dead()) producer_.reset();
      throw;
    }
  }

  const KafkaCluster cluster_;
  const std::string topic_;
  std::unique_ptr<KafkaProducer> producer_;  // null before the first call, and after it has failed for good
};

}  // namespace

std::shared_ptr<Delivery> kafka_delivery(KafkaCluster cluster, std::string topic) {
  return std::make_shared<KafkaDelivery>(std::move(cluster), std::move(topic));
}

bool has_kafka() { return true; }

}  // namespace actionflow
