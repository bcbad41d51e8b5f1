// Messages to a topic of an Apache Kafka cluster: the one place that includes librdkafka.
//
// Messages of one key come to one partition, by the hash that Java's producers use, and stay in their order
// there. A message counts as delivered when all in-sync replicas have it. The producer is idempotent, and a
// message whose receipt is missing is waited for, not produced anew, by the tries that follow: as long as
// the delivery lives the topic has it once. Where the program, or the producer's identity at the brokers,
// ends before the receipt came, the next try produces it again. Each bears a header
//   actionflow-delivery: NUMBER        the same for each try of one message, greater for later ones
//
// A message that is too large or malformed for the brokers is refused for good. A topic that is not there, or
// that we may not write to, is an error like a broker that is away: the message waits.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nodes/delivery/delivery.h"

namespace actionflow {

struct KafkaCluster {
  std::vector<std::string> brokers;  // to ask for the others: "host" (port 9092) or "host:port"; at least one
  bool tls = false;
  std::filesystem::path authority = {};                  // in PEM, signs the brokers'; empty: the system's
  std::filesystem::path certificate = {}, key = {};      // ours in PEM, where the brokers want them
  std::string mechanism = {}, user = {}, password = {};  // of SASL, by its own name; empty: none
};

// Throws Error where the program was built without librdkafka.
std::shared_ptr<Delivery> kafka_delivery(KafkaCluster cluster, std::string topic);

// Whether the program was built with librdkafka.
bool has_kafka();

}  // namespace actionflow
