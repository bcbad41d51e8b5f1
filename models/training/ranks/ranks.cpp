#include "models/training/ranks/ranks.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <thread>
#include <utility>

#include "base/error.h"

namespace actionflow::training {

void Ranks::share(std::span<std::byte> all, std::span<const std::size_t> sizes) {
  if (alone()) return;
  if (all.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw Error(ExitCode::failure, "ranks cannot tell each other more than 2 GiB at a time");
  const std::vector<int> counts(sizes.begin(), sizes.end());
  wait(transport_->share(Channel::messages, all.data(), counts));
}

std::vector<std::vector<std::uint8_t>> Ranks::gather_bytes(std::span<const std::uint8_t> own) {
  const std::vector<std::size_t> sizes = gather(own.size());
  std::vector<std::uint8_t> all(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}));
  auto at = all.begin();
  for (int rank = 0; rank < this->rank(); ++rank)
    at += static_cast<std::ptrdiff_t>(sizes[static_cast<std::size_t>(rank)]);
  std::ranges::copy(own, at);
  share(std::as_writable_bytes(std::span(all)), sizes);
  std::vector<std::vector<std::uint8_t>> each;
  at = all.begin();
  for (const std::size_t size : sizes) {
    each.emplace_back(at, at + static_cast<std::ptrdiff_t>(size));
    at += static_cast<std::ptrdiff_t>(size);
  }
  return each;
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
