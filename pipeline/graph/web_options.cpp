#include "pipeline/graph/web_options.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace actionflow {

namespace {

constexpr int kMostPort = 65535;

std::optional<int> port_of(std::string_view text) {
  int port = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || port < 0 || port > kMostPort) return std::nullopt;
  return port;
}

bool is_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':';
  });
}

// What a cookie and a header hold as it stands.
bool in_tokens(unsigned char c) {
  return std::isalnum(c) != 0 ||
         std::string_view("-._~+/=").find(static_cast<char>(c)) != std::string_view::npos;
}

}  // namespace

bool ListenAddress::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string ListenAddress::text() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<ListenAddress> listen_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port = port_of(std::string_view(text).substr(colon == std::string::npos ? 0 : colon + 1));
  if (!port) return std::nullopt;
  if (colon == std::string::npos) return ListenAddress{"127.0.0.1", *port};
  std::string host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  if (!is_host(host) || brackets != (host.find(':') != std::string::npos)) return std::nullopt;
  return ListenAddress{host, *port};
}

void WebOptions::describe(config::Fields<WebOptions>& fields) {
  fields.add("listen", &WebOptions::listen, "address and port of the page");
  fields.add("token", &WebOptions::token,
             "what a browser is asked for; needed beyond this machine, and best kept in the environment");
  fields.add("overlay", &WebOptions::overlay, "how results look on the page's videos");
}

std::string WebOptions::wrong_listen() const {
  const auto address = listen_address(listen);
  if (!address)
    return "listen is '" + listen + "', expected an address and a port such as 127.0.0.1:8080 or [::]:8080";
  if (address->is_loopback() || !token.empty()) return "";
  return "listen is '" + listen +
         "', which others reach, expected a token beside it: token: \"${ACTIONFLOW_TOKEN}\"";
}

std::string WebOptions::wrong_token() const {
  const bool fits = token.size() >= kShortestToken && std::all_of(token.begin(), token.end(), in_tokens);
  if (token.empty() || fits) return "";
  return "token cannot be used, expected " + std::to_string(kShortestToken) +
         " letters and digits or more, such as `openssl rand -hex 16` gives";
}

void WebOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  const config::Value* where = value.is_map() ? value.find("listen") : nullptr;
  if (const std::string wrong = wrong_listen(); !wrong.empty())
    diagnostics.add((where ? *where : value).place(), wrong);
  if (const std::string wrong = wrong_token(); !wrong.empty()) diagnostics.add(value.place(), wrong);
}

}  // namespace actionflow
