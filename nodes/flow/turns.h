// Whose turn it is where decoders and networks both have more to do than the machine can.
//
// What feeds the networks goes before them: a picture that waits ages all that follow. But it does so for no
// longer than the last call of a network took, or kLeastNs, lest nothing is ever said while decoders are
// behind. Then decoders run when the workers have nothing else to do, until a network has been called.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "base/machine/clock.h"
#include "nodes/flow/serial_queue.h"

namespace actionflow {

class Turns {
 public:
  static constexpr std::int64_t kLeastNs = 100'000'000;

  // `first` runs a queue's next piece before all other work. `last` runs what it is given once nothing else
  // is to do.
  Turns(const Clock& clock, SerialQueue::Schedule first, std::function<void(std::function<void()>)> last);

  // Of a decoder's queue.
  void schedule(std::shared_ptr<SerialQueue> queue);

  // A network's call, from its making on.
  class Call {
   public:
    explicit Call(Turns& turns) : turns_(turns), start_ns_(turns.clock_.steady_ns()) {}
    ~Call() { turns_.end_call(start_ns_); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Turns& turns_;
    const std::int64_t start_ns_;
  };

 private:
  bool decoding_first() const;
  void end_call(std::int64_t start_ns);
  void run_one_that_waits();

  const Clock& clock_;
  const SerialQueue::Schedule first_;
  const std::function<void(std::function<void()>)> last_;
  std::atomic<std::int64_t> ended_ns_{0}, took_ns_{0};  // of the last call
  std::mutex mutex_;
  std::deque<std::shared_ptr<SerialQueue>> waiting_;
};

}  // namespace actionflow
