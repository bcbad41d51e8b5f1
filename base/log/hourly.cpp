#include "base/log/hourly.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace actionflow::log {

namespace {

constexpr double kHourSeconds = 3600;
constexpr std::size_t kMostTexts = 1000;

struct Said {
  std::mutex mutex;
  std::map<std::string, RateLimit, std::less<>> limits;  // by what was said
};

// Never destroyed, as the log itself.
Said& said() {
  static Said* const only = std::make_unique<Said>().release();
  return *only;
}

}  // namespace

void hourly(Level at, std::string_view message, const Clock& clock) {
  if (level() > at) return;
  const std::lock_guard lock(said().mutex);
  auto& limits = said().limits;
  if (limits.size() >= kMostTexts && !limits.contains(message)) limits.clear();
  limited(limits.try_emplace(std::string(message), kHourSeconds, clock).first->second, at, "{}", message);
}

}  // namespace actionflow::log
