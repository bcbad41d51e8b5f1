#include "nodes/sinks/mqtt_address.h"

namespace actionflow {

void MqttAddress::check_address(ReceiverCheck& check) const {
  if (!MqttBroker::parse(broker))
    check.wrong("broker",
                "broker is no address of one, expected mqtt://host or mqtts://host, with :port behind it "
                "where needed");
  check.together("certificate", certificate, "key", key);
  if (!certificate.empty() && ca.empty())
    check.wrong("certificate", "certificate stands without ca, expected ca: FILE beside it");
  check.file("ca", ca);
  check.file("certificate", certificate);
  check.file("key", key);
}

MqttBroker MqttAddress::address() const {
  MqttBroker address = MqttBroker::parse(broker).value();
  if (!user.empty()) address.user = user;
  if (!password.empty()) address.password = password;
  address.authority = ca;
  address.certificate = certificate;
  address.key = key;
  return address;
}

std::string MqttAddress::warning() const {
  const MqttBroker to = address();
  return !to.tls && !to.password.empty() ? password_in_the_clear("mqtts://…") : "";
}

bool MqttAddress::usable_prefix(const std::string& topic) {
  return !topic.empty() && topic.front() != '/' && topic.back() != '/' && topic.front() != '$' &&
         topic.find_first_of(std::string("+#\0", 3)) == std::string::npos;
}

}  // namespace actionflow
