#include "pipeline/web/web_access.h"

#include <algorithm>
#include <cmath>
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

// With the lock held.
WebAccess::Peer& WebAccess::peer_now(const std::string& name) {
  if (peers_.size() > kMostPeers) peers_.clear();
  const std::int64_t now = clock_.steady_ns();
  const auto [at, fresh] = peers_.try_emplace(name);
  Peer& peer = at->second;
  if (fresh) peer.at_ns = now;
  const double seconds = static_cast<double>(now - peer.at_ns) * 1e-9;
  peer.left = std::min(kBurst, peer.left + kRate * seconds);
  peer.guesses = std::min(kGuesses, peer.guesses + seconds / kGuessSeconds);
  peer.at_ns = now;
  return peer;
}

bool WebAccess::within_rate(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  double& left = peer_now(peer).left;
  if (left < 1) return false;
  left -= 1;
  return true;
}

std::optional<HttpAnswer> WebAccess::refuse_token(const std::string& name, std::string_view given,
                                                  bool cookie, const char* why) {
  const std::lock_guard lock(mutex_);
  if (given.empty()) return refused(401, why);
  if (same_word(given, token_)) return std::nullopt;
  Peer& peer = peer_now(name);
  const bool known_stale = cookie && peer.stale_cookie == given;
  if (peer.guesses < 1 && !known_stale) {
    HttpAnswer answer = refused(429, "too many wrong tokens, wait a little");
    answer.headers.emplace_back(
        "Retry-After", std::to_string(static_cast<int>(std::ceil((1 - peer.guesses) * kGuessSeconds))));
    return answer;
  }
  if (!known_stale) peer.guesses -= 1;
  if (cookie) peer.stale_cookie = given;
  return refused(401, why);
}

std::optional<HttpAnswer> WebAccess::refusal(const HttpRequest& request) {
  if (!within_rate(request.peer)) return refused(429, "too many requests");
  if (token_.empty() && !names_this_machine(request.header("Host")))
    return refused(403, "this name is not this machine's; with a token other names are answered");
  if (comes_from_elsewhere(request)) return refused(403, "another site's page asks");
  if (token_.empty()) return std::nullopt;
  const std::string authorization = request.header("Authorization");
  const std::string cookies = request.header("Cookie");
  const bool bearer = authorization.starts_with(kBearer);
  const std::string_view given =
      bearer ? std::string_view(authorization).substr(kBearer.size()) : cookie_of(cookies);
  auto answer = refuse_token(request.peer, given, !bearer, "the token is missing or wrong");
  if (answer) answer->headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

HttpAnswer WebAccess::log_in(const HttpRequest& request) {
  const std::string_view given =
      std::string_view(request.body).substr(0, request.body.find_last_not_of("\r\n") + 1);
  if (auto wrong = refuse_token(request.peer, given, false, "the token is wrong")) return *std::move(wrong);
  HttpAnswer answer{204, "text/plain", ""};
  answer.headers.emplace_back(
      "Set-Cookie", std::string(kCookie) + token_ + "; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000");
  return answer;
}

}  // namespace actionflow
