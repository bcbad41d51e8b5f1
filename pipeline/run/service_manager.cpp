#include "pipeline/run/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/log/log.h"

namespace actionflow {

namespace {

std::optional<std::int64_t> number_of(const char* name) {
  const char* const text = std::getenv(name);
  if (!text) return std::nullopt;
  const std::string_view digits = text;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// The watchdog's time, where it watches this process.
std::optional<std::chrono::microseconds> watchdog_time() {
  const auto pid = number_of("WATCHDOG_PID");
  const auto time = number_of("WATCHDOG_USEC");
  if (!time || *time <= 0 || (pid && *pid != getpid())) return std::nullopt;
  return std::chrono::microseconds(*time);
}

}  // namespace

bool Heartbeat::beats(const Pulse& now) {
  const bool moved = !last_ || !now.busy || now.answered != last_->answered;
  last_ = now;
  return moved;
}

bool notify_service_manager(const std::string& state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (!path || (*path != '/' && *path != '@') || std::strlen(path) >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  std::memcpy(address.sun_path, path, length);
  if (*path == '@') address.sun_path[0] = '\0';  // an abstract socket
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const bool sent =
      sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), size) == static_cast<ssize_t>(state.size());
  close(descriptor);
  return sent;
}

ServiceManager::ServiceManager(std::function<Pulse()> pulse) : pulse_(std::move(pulse)) {
  if (!notify_service_manager("READY=1")) return;
  if (const auto time = watchdog_time())
    watchdog_ = std::thread([this, interval = *time / 2] { feed_watchdog(interval); });
}

ServiceManager::~ServiceManager() {
  notify_service_manager("STOPPING=1");
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (watchdog_.joinable()) watchdog_.join();
}

void ServiceManager::feed_watchdog(std::chrono::microseconds interval) {
  Heartbeat heart;
  bool hangs = false;
  std::unique_lock lock(mutex_);
  while (!ended_) {
    const bool beats = heart.beats(pulse_());
    if (beats) notify_service_manager("WATCHDOG=1");
    if (!beats && !std::exchange(hangs, true))
      log::error("the graph does not answer what it was given; the watchdog is not fed");
    hangs = !beats;
    changed_.wait_for(lock, interval, [this] { return ended_; });
  }
}

}  // namespace actionflow
