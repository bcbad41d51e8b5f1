#include "models/training/ranks/ranks.h"

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

namespace actionflow::training {

void Ranks::share(std::span<std::byte> all, std::span<const std::size_t> sizes) {
  if (alone()) return;
  std::vector<int> counts(sizes.begin(), sizes.end());
  wait(transport_->share(Channel::messages, all.data(), counts));
}

void Ranks::wait(Transport::Ticket ticket) {
  // At first as fast as the others may be, then without keeping them from the processor.
  constexpr double kSpinSeconds = 1e-4, kYieldSeconds = 0.02;
  const Stopwatch watch;
  while (!transport_->done(ticket)) {
    look();
    const double waited = watch.seconds();
    if (waited > kYieldSeconds)
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    else if (waited > kSpinSeconds)
      std::this_thread::yield();
  }
}

void Ranks::look() const {
  if (alone() || !stopped_.load(std::memory_order_relaxed)) return;
  if (!std::exchange(noticed_, true)) since_stop_.reset();
  if (since_stop_.seconds() > kGraceSeconds) throw RanksLost();
}

void Ranks::abort(int code) {
  if (!alone()) transport_->abort(code);
  std::_Exit(code);
}

}  // namespace actionflow::training
