// Stands in for kafka_delivery.cpp where librdkafka is not there.
#include "base/error.h"
#include "nodes/delivery/kafka_delivery.h"

namespace actionflow {

std::shared_ptr<Delivery> kafka_delivery(KafkaCluster, std::string) {
  throw Error(ExitCode::usage, "this program was built without librdkafka");
}

bool has_kafka() { return false; }

}  // namespace actionflow
