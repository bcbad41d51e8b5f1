#include "nodes/delivery/host_port.h"

#include <algorithm>
#include <charconv>

namespace actionflow {

namespace {

std::optional<int> parse_port(std::string_view text) {
  constexpr int kMostPort = 65535;
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port <= 0 || port > kMostPort)
    return std::nullopt;
  return port;
}

}  // namespace

std::optional<HostPort> HostPort::parse(std::string_view text) {
  HostPort address;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    address.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    address.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (address.host.empty() || address.host.find_first_of("/@, \t\r\n") != std::string::npos)
    return std::nullopt;
  if (rest.empty()) return address;
  if (!rest.starts_with(':')) return std::nullopt;
  address.port = parse_port(rest.substr(1));
  return address.port ? std::optional(address) : std::nullopt;
}

std::string HostPort::text(int default_port) const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return name + ":" + std::to_string(port.value_or(default_port));
}

}  // namespace actionflow
