#include "models/kernels/recurrent/recurrent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>

namespace actionflow::testing {
namespace {

using kernels::Kernel;
using kernels::Layout;
using kernels::RecurrentProblem;

constexpr std::int64_t kInputs = 16, kUnits = 20, kBatch = 2;

struct FreeAligned {
  void operator()(float* p) const { std::free(p); }
};
using Floats = std::unique_ptr<float[], FreeAligned>;

Floats floats(std::size_t bytes) {
  const std::size_t rounded = (bytes / 64 + 1) * 64;
  Floats result(static_cast<float*>(std::aligned_alloc(64, rounded)));
  std::fill_n(result.get(), rounded / sizeof(float), 0.0F);
  return result;
}

std::vector<float> random_values(std::int64_t count) {
  std::mt19937 generator(7);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(generator() >> 8) / (1 << 23) - 1;
  return values;
}

Layout steps(std::int64_t count, std::int64_t channels) {
  return {kBatch, {channels, count, 1, 1}, kernels::padded_channels(channels)};
}

std::unique_ptr<Kernel> make(Recurrent operation, std::int64_t count) {
  operation.units = kUnits;
  operation.sequence = true;
  const std::int64_t gates = operation.cell == Recurrent::Cell::lstm ? 4 : 3;
  const std::int64_t biases = operation.cell == Recurrent::Cell::gru && operation.reset_after ? 2 : 1;
  return kernels::make_recurrent(
      {operation, steps(count, kInputs), steps(count, kUnits), random_values(gates * kUnits * kInputs),
       random_values(gates * kUnits * kUnits), random_values(biases * gates * kUnits)});
}

// The results of the steps [first, first + count) of `clips`, which have `total` steps each.
std::vector<float> run(const Recurrent& operation, const std::vector<float>& clips, std::int64_t total,
                       std::int64_t first, std::int64_t count, float* state) {
  const auto kernel = make(operation, count);
  const Layout in = steps(count, kInputs), out = steps(count, kUnits);
  const Floats input = floats(in.bytes()), output = floats(out.bytes()),
               scratch = floats(kernel->scratch_bytes());
  for (std::int64_t n = 0; n < kBatch; ++n)
    std::copy_n(clips.data() + (n * total + first) * kInputs, count * kInputs,
                input.get() + n * count * kInputs);
  kernel->run({{input.get()}, output.get(), scratch.get(), state});
  return {output.get(), output.get() + out.elements()};
}

// One clip's steps of a result with `count` steps.
std::vector<float> clip(const std::vector<float>& result, std::int64_t n, std::int64_t first,
                        std::int64_t count, std::int64_t total) {
  const std::int64_t width = kernels::padded_channels(kUnits);
  const auto begin = result.begin() + (n * total + first) * width;
  return {begin, begin + count * width};
}

TEST(RecurrentState, ASequenceInPiecesGivesTheBitsOfTheWhole) {
  constexpr std::int64_t kSteps = 5, kFirst = 2;
  const std::vector<float> clips = random_values(kBatch * kSteps * kInputs);
  for (const Recurrent& operation :
       {Recurrent{.cell = Recurrent::Cell::lstm, .carried = true},
        Recurrent{.cell = Recurrent::Cell::gru, .reset_after = true, .carried = true},
        Recurrent{.cell = Recurrent::Cell::gru, .reset_after = false, .carried = true}}) {
    const Floats state = floats(make(operation, 1)->state_bytes());
    const auto whole = run(operation, clips, kSteps, 0, kSteps, nullptr);
    const auto first = run(operation, clips, kSteps, 0, kFirst, state.get());
    const auto rest = run(operation, clips, kSteps, kFirst, kSteps - kFirst, state.get());
    const auto fresh = run(operation, clips, kSteps, kFirst, kSteps - kFirst, nullptr);
    for (std::int64_t n = 0; n < kBatch; ++n) {
      EXPECT_EQ(clip(whole, n, 0, kFirst, kSteps), clip(first, n, 0, kFirst, kFirst));
      EXPECT_EQ(clip(whole, n, kFirst, kSteps - kFirst, kSteps),
                clip(rest, n, 0, kSteps - kFirst, kSteps - kFirst));
    }
    EXPECT_NE(rest, fresh) << "the state counts";
  }
}

TEST(RecurrentState, WhatBeginsAnewInEachClipHasNone) {
  EXPECT_EQ(make({.carried = false}, 3)->state_bytes(), 0U);
  EXPECT_GT(make({.carried = true}, 3)->state_bytes(), 0U);
}

}  // namespace
}  // namespace actionflow::testing
