// The processes that train one network together: ranks, of which the first writes.
//
//   const std::unique_ptr<Ranks> ranks = join_ranks();        // launcher.h; alone without a launcher
//   const std::vector<double> each = ranks->gather(own);      // in the order of ranks, the same for all
//
// All ranks call what waits for others in the same order. After stop() such a call goes on for kGraceSeconds
// only and then throws RanksLost: a launcher that has lost one rank tells the others to end, and what they
// wait for will not come. One thread uses Ranks, but for stop().
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "base/machine/clock.h"
#include "models/training/ranks/transport.h"

namespace actionflow::training {

class RanksLost : public std::runtime_error {
 public:
  RanksLost() : std::runtime_error("the other ranks do not answer any more") {}
};

class Ranks {
 public:
  // How long those that were told to stop still wait for each other. A launcher kills after a second.
  static constexpr double kGraceSeconds = 0.25;

  Ranks() = default;  // alone
  explicit Ranks(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

  int rank() const { return transport_ ? transport_->rank() : 0; }
  int count() const { return transport_ ? transport_->ranks() : 1; }
  bool alone() const { return count() == 1; }
  bool first() const { return rank() == 0; }

  // One value of each.
  template <class T>
  std::vector<T> gather(const T& own) {
    std::vector<T> all(static_cast<std::size_t>(count()), own);
    share(std::as_writable_bytes(std::span(all)),
          std::vector<std::size_t>(static_cast<std::size_t>(count()), sizeof(T)));
    return all;
  }
  std::vector<bool> gather_flags(bool own) {
    const std::vector<char> all = gather(static_cast<char>(own));
    return {all.begin(), all.end()};
  }
  // Of each as many bytes as it has.
  std::vector<std::vector<std::uint8_t>> gather_bytes(std::span<const std::uint8_t> own);
  // `all` has sizes[r] bytes of each rank, one after another; the own ones stand there already.
  void share(std::span<std::byte> all, std::span<const std::size_t> sizes);

  // Null where alone.
  Transport* transport() { return transport_.get(); }
  void wait(Transport::Ticket ticket);
  // To be called now and then where a step takes long: throws RanksLost as waiting does.
  void look() const;

  void stop() noexcept { stopped_.store(true); }  // from any thread
  bool stopped() const { return stopped_.load(); }
  // Ends all ranks. Where alone, this process.
  [[noreturn]] void abort(int code);

 private:
  std::unique_ptr<Transport> transport_;
  std::atomic<bool> stopped_{false};
  mutable bool noticed_ = false;  // stop(), and since when:
  mutable Stopwatch since_stop_;
};

}  // namespace actionflow::training
