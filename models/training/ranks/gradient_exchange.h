// The gradients of all parts of a batch added up, while the backward pass still computes the first layers'.
//
// Gradients stand in one row, in the order in which the backward pass ends them; stretches of it are added up
// as they are complete. In fixed order each rank sends its own sums (BatchParts::nodes_of), divided among all
// ranks; each adds its slice up in the tree's order and sends the result to all. That is what an all-reduce
// sends, too; the fast order leaves the adding to the library, and its last bits depend on the ranks' number.
//
//   exchange.begin(parts, gradients of each own part);
//   … exchange.complete(floats);             // [0, floats) of all own parts have their last value
//   for (float value : exchange.finish()) …
//
// Throws RanksLost.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/config.h"
#include "models/training/ranks/batch_parts.h"
#include "models/training/ranks/ranks.h"

namespace actionflow {

enum class SumOrder { fixed, fast };

}  // namespace actionflow

namespace actionflow::training {

class GradientExchange {
 public:
  GradientExchange(Ranks& ranks, SumOrder order, std::int64_t floats);

  void begin(const BatchParts& parts, std::vector<const float*> own);
  void complete(std::int64_t floats);
  // Valid until begin().
  std::span<const float> finish();

 private:
  struct Stretch {
    std::int64_t begin = 0, size = 0;
    bool summed = false;  // the own slice, and on its way to all
    Transport::Ticket ticket = 0;
    std::vector<float> sent, received;
  };

  void start(std::int64_t begin, std::int64_t end);
  void start_fixed(Stretch& stretch);
  void share(Stretch& stretch);
  bool advance(bool wait);
  std::int64_t slice(const Stretch& stretch, int rank) const;  // where it begins
  std::vector<int> slice_bytes(const Stretch& stretch) const;

  Ranks& ranks_;
  const SumOrder order_;
  BatchParts parts_;
  std::vector<const float*> own_;
  std::vector<float> sums_;
  std::int64_t complete_ = 0;
  std::vector<Stretch> stretches_;
  std::size_t unshared_ = 0, unended_ = 0;  // the first of each
};

}  // namespace actionflow::training

template <>
struct actionflow::config::EnumNames<actionflow::SumOrder> {
  using Order = actionflow::SumOrder;
  static constexpr std::array<std::pair<Order, std::string_view>, 2> names{
      {{Order::fixed, "fixed"}, {Order::fast, "fast"}}};
};
