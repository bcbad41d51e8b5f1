// The thread that takes messages from a spool to their receiver, in order, for as long as that takes.
//
// A receiver that cannot be reached is tried again after 0.5 s to 30 s; one line says that it is away, one
// that it is back. A message leaves the spool only when the receiver has it, or refuses it for good.
//
// close() sends what still waits as long as the receiver takes it and the run's time for that lasts
// (RunContext::receivers_expired); the rest stays on disk for the next run. A thread that hangs in a system
// call is left behind with what it holds. All members may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "nodes/delivery/delivery.h"
#include "nodes/delivery/spool.h"

namespace actionflow {

class MetricText;

class Courier {
 public:
  // `expired`: there is no time left to send anything. It is asked now and then by close() alone.
  Courier(std::string name, std::shared_ptr<Spool> spool, std::shared_ptr<Delivery> delivery,
          std::function<bool()> expired);
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // There is something new in the spool, or for the delivery to do.
  void wake();
  // The second time it does nothing.
  void close();

  struct State {
    bool connected = false;      // the last try went well
    std::int64_t delivered = 0;  // messages
    std::int64_t refused = 0;    // for good
    std::int64_t failures = 0;   // tries
  };
  State state() const;
  // What is wrong just now, in words that name the node; empty: nothing. `loses`: messages are lost by it.
  std::string trouble(bool& loses) const;
  // The spool's state and this one.
  void measure(MetricText& text) const;

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);
  std::shared_ptr<Spool> spool_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace actionflow
