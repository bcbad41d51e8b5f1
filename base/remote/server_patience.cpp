#include "base/remote/server_patience.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>

namespace actionflow {

namespace {

constexpr double kSeconds = 300;
constexpr double kFirstSeconds = 5;
constexpr double kMostSeconds = 1e6;

struct Known {
  bool answered = false;
  bool given_up = false;
};

struct KnownServers {
  std::mutex mutex;
  std::map<std::string, Known> servers;
};

KnownServers& known_servers() {
  static KnownServers known;
  return known;
}

std::atomic<bool> patience_is_over{false};

template <class F>
auto with(const std::string& server, const F& use) {
  KnownServers& known = known_servers();
  const std::lock_guard lock(known.mutex);
  return use(known.servers[server]);
}

double given_seconds() {
  const char* text = std::getenv("ACTIONFLOW_PATIENCE");
  if (!text || *text == '\0') return kSeconds;
  char* end = nullptr;
  const double seconds = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(seconds >= 0 && seconds <= kMostSeconds))
    throw UsageError(fmt::format("ACTIONFLOW_PATIENCE is '{}', expected seconds from 0 to 1e6: 300", text));
  return seconds;
}

}  // namespace

std::string server_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(url.size(), url.find_first_of("/?#", begin));
  const std::size_t user = url.substr(begin, end - begin).rfind('@');
  const std::size_t host = user == std::string::npos ? begin : begin + user + 1;
  return url.substr(0, begin) + url.substr(host, end - host);
}

void check_patience() { static_cast<void>(given_seconds()); }

double patience_with(const std::string& server) {
  const double given = given_seconds();
  if (patience_is_over.load()) return 0;
  return with(server, [given](const Known& known) {
    if (known.given_up) return 0.0;
    return known.answered ? given : std::min(given, kFirstSeconds);
  });
}

bool has_answered(const std::string& server) {
  return with(server, [](const Known& known) { return known.answered; });
}

void note_answer(const std::string& server, bool trouble) {
  with(server, [trouble](Known& known) {
    known.answered = true;
    known.given_up = known.given_up && trouble;
  });
}

void note_vain_wait(const std::string& server) {
  with(server, [](Known& known) { known.given_up = true; });
}

void end_patience() noexcept { patience_is_over.store(true); }

}  // namespace actionflow
