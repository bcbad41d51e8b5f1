// The module by which ranks are connected, with a network between them: what is sent is done no earlier than
// it would be over a wire, as one of `ranks` machines. For ranks.py --wire, which lays it beside a copy of
// the program under the module's name, and the module itself as actionflow_mpi_beneath.so.
//
// SLOW_WIRE="BYTES_A_SECOND LATENCY MESSAGE RANKS": seconds until the first byte comes, and of a core's or a
// card's time for each message. Each machine sends one thing after another, and receives meanwhile. What a
// rank has to send is counted for that many ranks: gradients come in slices, moments go to all others.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <sstream>
#include <vector>

#include "models/training/ranks/transport.h"

namespace actionflow::training {
namespace {

using Seconds = std::chrono::duration<double>;
using Time = std::chrono::time_point<std::chrono::steady_clock, Seconds>;

struct Wire {
  double bytes_a_second = 0, latency = 0, message = 0;
  int ranks = 0;
};

class SlowTransport final : public Transport {
 public:
  SlowTransport(std::unique_ptr<Transport> beneath, const Wire& wire)
      : beneath_(std::move(beneath)), wire_(wire) {}

  int rank() const override { return beneath_->rank(); }
  int ranks() const override { return beneath_->ranks(); }

  Ticket share(Channel channel, void* all, std::span<const int> counts) override {
    const double own = counts[static_cast<std::size_t>(rank())];
    // A slice of the sums is as small as there are many ranks, what a rank says itself is not.
    const double bytes = channel == Channel::results ? own * (ranks() - 1) * of_more_ranks() : own * others();
    return begun(beneath_->share(channel, all, counts), bytes);
  }
  Ticket exchange(Channel channel, const void* from, std::span<const int> from_counts, void* to,
                  std::span<const int> to_counts) override {
    const double all = std::accumulate(from_counts.begin(), from_counts.end(), 0.0);
    const double own = from_counts[static_cast<std::size_t>(rank())];
    return begun(beneath_->exchange(channel, from, from_counts, to, to_counts),
                 (all - own) * of_more_ranks());
  }
  Ticket add_up(Channel channel, std::span<float> values) override {
    return begun(beneath_->add_up(channel, values),
                 2 * static_cast<double>(values.size_bytes()) * others() / wire_.ranks);
  }
  bool done(Ticket ticket) override {
    Operation& operation = operations_[static_cast<std::size_t>(ticket)];
    operation.came = operation.came || beneath_->done(operation.beneath);
    if (!operation.came || now() < operation.due) return false;
    operation.used = false;
    return true;
  }
  [[noreturn]] void abort(int code) override {
    beneath_->abort(code);
    std::_Exit(code);
  }

 private:
  struct Operation {
    Ticket beneath = 0;
    Time due;
    bool used = false, came = false;
  };

  static Time now() { return std::chrono::steady_clock::now(); }
  double others() const { return wire_.ranks - 1; }
  // Of (n - 1) / n, what each sends of all that is cut into slices.
  double of_more_ranks() const { return others() / wire_.ranks * ranks() / (ranks() - 1); }

  Ticket begun(Ticket beneath, double bytes) {
    free_ = std::max(free_, now()) + Seconds(others() * wire_.message + bytes / wire_.bytes_a_second);
    std::size_t place = 0;
    while (place < operations_.size() && operations_[place].used) ++place;
    if (place == operations_.size()) operations_.emplace_back();
    operations_[place] = {beneath, free_ + Seconds(wire_.latency), true, false};
    return static_cast<Ticket>(place);
  }

  const std::unique_ptr<Transport> beneath_;
  const Wire wire_;
  Time free_{};  // the wire
  std::vector<Operation> operations_;
};

std::unique_ptr<Transport> open_beneath(std::string& why_not) {
  Dl_info own{};
  dladdr(reinterpret_cast<void*>(&open_beneath), &own);
  std::string file = own.dli_fname;
  file.replace(file.rfind(".so"), 3, "_beneath.so");
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* open = module != nullptr ? dlsym(module, kOpenTransport) : nullptr;
  if (open != nullptr) return std::unique_ptr<Transport>(reinterpret_cast<OpenTransport>(open)(why_not));
  why_not = dlerror();
  return nullptr;
}

}  // namespace
}  // namespace actionflow::training

// Called once, by kOpenTransport's name.
extern "C" actionflow::training::Transport* actionflow_open_transport(std::string& why_not) {
  using namespace actionflow::training;
  Wire wire;
  const char* text = std::getenv("SLOW_WIRE");
  std::istringstream numbers(text != nullptr ? text : "");
  if (!(numbers >> wire.bytes_a_second >> wire.latency >> wire.message >> wire.ranks) || wire.ranks < 2) {
    why_not = "SLOW_WIRE is not set to BYTES_A_SECOND LATENCY MESSAGE RANKS";
    return nullptr;
  }
  std::unique_ptr<Transport> beneath = open_beneath(why_not);
  return beneath == nullptr ? nullptr : new SlowTransport(std::move(beneath), wire);
}
