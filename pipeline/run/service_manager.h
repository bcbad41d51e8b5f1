// Telling systemd how we are, where it started us with Type=notify: ready, stopping, and, as its watchdog,
// that the run makes progress (sd_notify(3); the protocol is a datagram a message).
//
// The watchdog is fed only while the graph answers what it is given, or is given nothing: cameras that are
// all away are no reason to be started anew, a graph that hangs is one. Without $NOTIFY_SOCKET nothing
// happens.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "nodes/flow/flow.h"

namespace actionflow {

using Pulse = Flow::Traffic;

// Whether the graph made progress from one look to the next.
class Heartbeat {
 public:
  bool beats(const Pulse& now);

 private:
  std::optional<Pulse> last_;
};

// "READY=1"; false where nobody listens.
bool notify_service_manager(const std::string& state);

class ServiceManager {
 public:
  // Says that we are ready. `pulse` is called on a thread of its own, twice in the watchdog's time.
  explicit ServiceManager(std::function<Pulse()> pulse);
  // Says that we stop.
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

 private:
  void feed_watchdog(std::chrono::microseconds interval);

  const std::function<Pulse()> pulse_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;  // guarded by mutex_
  std::thread watchdog_;
};

}  // namespace actionflow
