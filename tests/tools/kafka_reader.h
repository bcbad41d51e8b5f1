// Somebody who reads a topic of a Kafka cluster from its beginning.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/machine/clock.h"

namespace actionflow::testing {

// A line of a topic.
struct KafkaLine {
  std::string key, value, delivery;
  int partition = 0;
};

// Reads all partitions of a topic from their beginnings.
class KafkaReader {
 public:
  explicit KafkaReader(const std::string& broker, const std::string& topic) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", broker);
    set(conf, "group.id", "reader");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "enable.auto.commit", "false");
    set(conf, "topic.metadata.refresh.interval.ms", "500");
    set(conf, "reconnect.backoff.max.ms", "500");
    rd_kafka_conf_set_log_cb(conf, nullptr);
    char reason[200];
    handle_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (!handle_) throw std::runtime_error(reason);
    rd_kafka_poll_set_consumer(handle_);
    rd_kafka_topic_partition_list_t* const all = rd_kafka_topic_partition_list_new(3);
    for (int partition = 0; partition < 3; ++partition)
      rd_kafka_topic_partition_list_add(all, topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(handle_, all);
    rd_kafka_topic_partition_list_destroy(all);
  }
  ~KafkaReader() { rd_kafka_destroy(handle_); }
  KafkaReader(const KafkaReader&) = delete;
  KafkaReader& operator=(const KafkaReader&) = delete;

  // The next line; none where none comes in two minutes.
  std::optional<KafkaLine> next() {
    const Deadline deadline(120);
    while (!deadline.passed()) {
      const std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)> message(
          rd_kafka_consumer_poll(handle_, 100), &rd_kafka_message_destroy);
      if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return line_of(message.get());
    }
    return std::nullopt;
  }

 private:
  static void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
    char reason[200];
    if (rd_kafka_conf_set(conf, name, value.c_str(), reason, sizeof reason) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(reason);
  }
  static KafkaLine line_of(rd_kafka_message_t* message) {
    KafkaLine line{{static_cast<const char*>(message->key), message->key_len},
                   {static_cast<const char*>(message->payload), message->len},
                   "",
                   message->partition};
    rd_kafka_headers_t* headers = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_header_get_last(headers, "actionflow-delivery", &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
      line.delivery.assign(static_cast<const char*>(value), size);
    return line;
  }

  rd_kafka_t* handle_ = nullptr;
};

}  // namespace actionflow::testing
