// A cluster of brokers that librdkafka brings along, in this process and spoken to over TCP, for the faults
// that a real broker seldom shows.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

namespace actionflow::testing {

class MockKafka {
 public:
  // Requests by their numbers in Kafka's protocol.
  enum Request : std::int16_t { produce = 0, metadata = 3, init_producer_id = 22 };

  MockKafka() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    char reason[200];
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (!handle_) throw std::runtime_error(reason);
    cluster_ = rd_kafka_mock_cluster_new(handle_, 1);
    if (!cluster_) throw std::runtime_error("no cluster");
  }
  ~MockKafka() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  std::string address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  // Partitions that a reader can be given.
  void make_topic(const std::string& name) const { rd_kafka_mock_topic_create(cluster_, name.c_str(), 3, 1); }
  void set_topic_error(const std::string& name, rd_kafka_resp_err_t code) const {
    rd_kafka_mock_topic_set_error(cluster_, name.c_str(), code);
  }
  // What the next requests of a kind are answered, one each.
  void answer(Request request, std::initializer_list<rd_kafka_resp_err_t> codes) const {
    rd_kafka_mock_push_request_errors_array(cluster_, request, codes.size(), codes.begin());
  }
  void set_down() const { rd_kafka_mock_broker_set_down(cluster_, 1); }
  void set_up() const { rd_kafka_mock_broker_set_up(cluster_, 1); }

 private:
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace actionflow::testing
