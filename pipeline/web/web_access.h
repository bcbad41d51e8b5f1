// Who may ask the page's server, and how often.
//
// Without a token only names of this machine are answered, so that no page from elsewhere can reach in by a
// name that it has pointed here. With one, everything but the question for it needs it: as `Authorization:
// Bearer TOKEN` of a program, or as the cookie that POST /login gives a browser. What a page of another
// origin sends is refused, whatever it brings along. One peer is heard kRate times a second. After kGuesses
// wrong tokens it is told to wait (429, Retry-After), and has another guess each kGuessSeconds; the right one
// is heard all the same, since behind a proxy all have one address. A cookie that has become wrong is one
// guess, however often a page that stands open sends it. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/machine/clock.h"
#include "pipeline/web/http_server.h"

namespace actionflow {

class WebAccess {
 public:
  static constexpr double kRate = 100;   // requests a second of one peer, after
  static constexpr double kBurst = 300;  // so many at once
  static constexpr double kGuesses = 10;
  static constexpr double kGuessSeconds = 10;

  // An empty token: none is asked for.
  explicit WebAccess(std::string token, const Clock& clock = Clock::system());

  // Why the request is refused; nullopt where it may pass.
  std::optional<HttpAnswer> refusal(const HttpRequest& request);
  // To POST /login, whose body is the token.
  HttpAnswer log_in(const HttpRequest& request);
  bool needs_token() const { return !token_.empty(); }

 private:
  // What a peer may still ask, and guess; both come back with time.
  struct Peer {
    double left = kBurst, guesses = kGuesses;
    std::int64_t at_ns = 0;
    std::string stale_cookie = {};
  };
  Peer& peer_now(const std::string& name);
  bool within_rate(const std::string& peer);
  // Whether `given`, sent as a cookie or otherwise, is the token; else why it is refused.
  std::optional<HttpAnswer> refuse_token(const std::string& peer, std::string_view given, bool cookie,
                                         const char* why);

  const std::string token_;
  const Clock& clock_;
  std::mutex mutex_;  // guards the peers
  std::map<std::string, Peer> peers_;
};

}  // namespace actionflow
