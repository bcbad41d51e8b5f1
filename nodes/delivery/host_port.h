// Where a receiver listens: "host", "host:1883", "[::1]", "[::1]:1883".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace actionflow {

struct HostPort {
  std::string host;         // an IPv6 address without its brackets
  std::optional<int> port;  // 1 to 65535

  // nullopt where it is none.
  static std::optional<HostPort> parse(std::string_view text);
  // With `port` where it has none; an IPv6 address in brackets.
  std::string text(int default_port) const;
};

}  // namespace actionflow
