// How an MQTT broker is reached, as a pipeline file says it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/config/secret.h"
#include "nodes/delivery/mqtt_client.h"
#include "nodes/sinks/receiver_check.h"

namespace actionflow {

// The keys that all options have which name a broker: they derive from it.
struct MqttAddress {
  std::string broker;
  std::string user;
  Secret password;
  std::filesystem::path ca, certificate, key;

  bool operator==(const MqttAddress&) const = default;

  template <class Options>
  static void describe_address(config::Fields<Options>& fields) {
    fields.add("broker", &Options::broker, "mqtt://[user:password@]host[:port], mqtts:// for TLS").required();
    fields.add("user", &Options::user, "where it does not stand in the address");
    fields.add("password", &Options::password, "likewise; best as \"${NAME}\", from the environment");
    fields.add("ca", &Options::ca, "certificates in PEM that sign the broker's; the system's unless given");
    fields.add("certificate", &Options::certificate, "ours in PEM, where the broker asks for it");
    fields.add("key", &Options::key, "of our certificate");
  }

  void check_address(ReceiverCheck& check) const;
  // Once it was checked.
  MqttBroker address() const;
  std::vector<std::filesystem::path> files() const { return {ca, certificate, key}; }
  // Of a password in the clear; empty where there is none.
  std::string warning() const;
  // Words parted by "/", without wildcards.
  static bool usable_prefix(const std::string& topic);
};

}  // namespace actionflow
