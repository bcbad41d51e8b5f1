// Who may ask the page's server, and how often.
//
// Without a token only names of this machine are answered, so that no page from elsewhere can reach in by a
// name that it has pointed here. With one, everything but the question for it needs it: as `Authorization:
// Bearer TOKEN` of a program, or as the cookie that POST /login gives a browser. What a page of another
// origin sends is refused, whatever it brings along. One peer is heard kRate times a second, so a token of 16
// characters is not guessed. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/machine/clock.h"
#include "pipeline/web/http_server.h"

namespace actionflow {

class WebAccess {
 public:
  static constexpr double kRate = 100;   // requests a second of one peer, after
  static constexpr double kBurst = 300;  // so many at once

  // An empty token: none is asked for.
  explicit WebAccess(std::string token, const Clock& clock = Clock::system());

  // Why the request is refused; nullopt where it may pass.
  std::optional<HttpAnswer> refusal(const HttpRequest& request);
  // To POST /login, whose body is the token.
  HttpAnswer log_in(const HttpRequest& request);
  bool needs_token() const { return !token_.empty(); }
  bool has_token(const HttpRequest& request) const;

 private:
  struct Bucket {
    double left = 0;
    std::int64_t at_ns = 0;
  };
  bool within_rate(const std::string& peer);

  const std::string token_;
  const Clock& clock_;
  std::mutex mutex_;  // guards the peers
  std::map<std::string, Bucket> peers_;
};

}  // namespace actionflow
