#include "pipeline/web/web_access.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace actionflow {

namespace {

constexpr std::string_view kCookie = "actionflow=";
constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kMostPeers = 4096;

// Takes as long whatever the words have in common.
bool same_word(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |=
        static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(wanted[i % wanted.size()]);
  return difference == 0;
}

// Of "name=value; other=…".
std::string_view cookie_of(std::string_view cookies) {
  for (std::size_t at = 0; at < cookies.size();) {
    const std::size_t end = std::min(cookies.find(';', at), cookies.size());
    const std::string_view one = cookies.substr(at, end - at);
    if (one.starts_with(kCookie)) return one.substr(kCookie.size());
    at = cookies.find_first_not_of(" ;", end);
  }
  return {};
}

// Without the port: "[::1]:8080", "localhost:8080", "127.0.0.1".
bool names_this_machine(std::string_view host) {
  if (host.starts_with('[')) return host == "[::1]" || host.starts_with("[::1]:");
  const std::string_view name = host.substr(0, host.find(':'));
  const bool number = name.find_first_not_of("0123456789.") == std::string_view::npos;
  return name == "localhost" || (number && name.starts_with("127."));
}

// A browser says where the page stands that asks; programs say nothing.
bool comes_from_elsewhere(const HttpRequest& request) {
  const std::string origin = request.header("Origin");
  const std::string host = request.header("Host");
  if (!origin.empty() && origin != "http://" + host && origin != "https://" + host) return true;
  const std::string site = request.header("Sec-Fetch-Site");
  if (site.empty() || site == "same-origin" || site == "none") return false;
  // A link to the page itself.
  return !(request.method == "GET" && request.path == "/" && request.header("Sec-Fetch-Mode") == "navigate");
}

HttpAnswer refused(int status, const std::string& why) {
  return {status, "application/json", "{\"error\":\"" + why + "\"}\n"};
}

}  // namespace

WebAccess::WebAccess(std::string token, const Clock& clock) : token_(std::move(token)), clock_(clock) {}

bool WebAccess::within_rate(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  if (peers_.size() > kMostPeers) peers_.clear();
  const std::int64_t now = clock_.steady_ns();
  Bucket& bucket = peers_.try_emplace(peer, Bucket{kBurst, now}).first->second;
  bucket.left = std::min(kBurst, bucket.left + kRate * static_cast<double>(now - bucket.at_ns) * 1e-9);
  bucket.at_ns = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

bool WebAccess::has_token(const HttpRequest& request) const {
  if (token_.empty()) return true;
  const std::string authorization = request.header("Authorization");
  if (authorization.starts_with(kBearer))
    return same_word(std::string_view(authorization).substr(kBearer.size()), token_);
  const std::string cookies = request.header("Cookie");
  return same_word(cookie_of(cookies), token_);
}

std::optional<HttpAnswer> WebAccess::refusal(const HttpRequest& request) {
  if (!within_rate(request.peer)) return refused(429, "too many requests");
  if (token_.empty() && !names_this_machine(request.header("Host")))
    return refused(403, "this name is not this machine's; with a token other names are answered");
  if (comes_from_elsewhere(request)) return refused(403, "another site's page asks");
  if (has_token(request)) return std::nullopt;
  HttpAnswer answer = refused(401, "the token is missing or wrong");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

HttpAnswer WebAccess::log_in(const HttpRequest& request) {
  const std::string_view given =
      std::string_view(request.body).substr(0, request.body.find_last_not_of("\r\n") + 1);
  if (!same_word(given, token_)) return refused(401, "the token is wrong");
  HttpAnswer answer{204, "text/plain", ""};
  answer.headers.emplace_back(
      "Set-Cookie", std::string(kCookie) + token_ + "; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000");
  return answer;
}

}  // namespace actionflow
