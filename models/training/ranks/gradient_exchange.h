// The gradients of all parts of a batch added up, while the backward pass still computes the first layers'.
//
// Gradients stand in one row, in the order in which the backward pass ends them; stretches of it are added up
// as they are complete. In fixed order each rank sends its own sums (BatchParts::nodes_of), divided among all
// ranks; each adds its slice up in the tree's order and sends the result to all. That is what an all-reduce
// sends, too; the fast order leaves the adding to the library, and its last bits depend on the ranks' number.
// As bf16, ranks' sums and results are rounded for their way, half as many bytes; added up they are in f32.
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
enum class WireNumbers { f32, bf16 };

struct GradientExchangeOptions {
  SumOrder sum = SumOrder::fixed;
  WireNumbers numbers = WireNumbers::f32;  // bf16: of the fixed order only
};

}  // namespace actionflow

namespace actionflow::training {

class GradientExchange {
 public:
  GradientExchange(Ranks& ranks, const GradientExchangeOptions& options, std::int64_t floats);

  void begin(const BatchParts& parts, std::vector<const float*> own);
  void complete(std::int64_t floats);
  // Valid until begin().
  std::span<const float> finish();

 private:
  // Its memory stays for the next batch.
  struct Stretch {
    std::int64_t begin = 0, size = 0;
    Transport::Ticket ticket = 0;
    // `narrow`: as bf16.
    std::vector<float> sent, received;
    std::vector<std::uint16_t> narrow_sent, narrow_received, narrow_result;
  };

  void start(Stretch& stretch);
  void start_fixed(Stretch& stretch);
  void share(Stretch& stretch);
  void end(Stretch& stretch);
  bool advance(bool wait);
  std::int64_t slice(const Stretch& stretch, int rank) const;  // where it begins
  std::vector<int> slice_bytes(const Stretch& stretch) const;
  bool is_narrow() const { return options_.numbers == WireNumbers::bf16; }
  int bytes(std::int64_t numbers) const;

  Ranks& ranks_;
  const GradientExchangeOptions options_;
  BatchParts parts_;
  std::vector<const float*> own_;
  std::vector<float> sums_;
  std::vector<Stretch> stretches_;
  std::size_t unstarted_ = 0, unshared_ = 0, unended_ = 0;  // the first of each
};

}  // namespace actionflow::training

template <>
struct actionflow::config::EnumNames<actionflow::SumOrder> {
  using Order = actionflow::SumOrder;
  static constexpr std::array<std::pair<Order, std::string_view>, 2> names{
      {{Order::fixed, "fixed"}, {Order::fast, "fast"}}};
};

template <>
struct actionflow::config::EnumNames<actionflow::WireNumbers> {
  using Numbers = actionflow::WireNumbers;
  static constexpr std::array<std::pair<Numbers, std::string_view>, 2> names{
      {{Numbers::f32, "f32"}, {Numbers::bf16, "bf16"}}};
};
