// Networks in int8 with ranges measured on a few clips: beside f32, cut, advancing, and what compile()
// refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "models/quantization/range_collector.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/reference.h"
#include "tests/models/tensors.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;

Convolution same3(std::int64_t filters) {
  return {.filters = filters, .kernel = {3, 3, 3}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}};
}

// Batch norms and activations that fuse, sums with and without a convolution on the way past.
GraphMaker residual_int8() {
  GraphMaker maker({3, 6, 14, 14});
  int x = maker.activation(maker.batch_norm(maker.convolution(-1, same3(32))), ActivationKind::relu);
  for (const std::int64_t filters : {32, 32, 48}) {
    int y = maker.activation(maker.batch_norm(maker.convolution(x, same3(filters))), ActivationKind::relu);
    y = maker.batch_norm(maker.convolution(y, same3(filters)));
    if (maker.graph.extents(x).c != filters)
      x = maker.batch_norm(maker.convolution(x, {.filters = filters, .kernel = {1, 1, 1}, .bias = false}));
    x = maker.activation(maker.add(Elementwise{}, {y, x}, maker.graph.extents(y)), ActivationKind::relu);
  }
  x = maker.add(Reduction{}, {x}, {48, 1, 1, 1});
  maker.dense(x, 12);
  return maker;
}

// Keras' order: values behind a batch norm have both signs; pooling between convolutions.
GraphMaker seed_int8() {
  GraphMaker maker({3, 10, 32, 32});
  int x = -1;
  for (const std::int64_t filters : {16, 32, 32}) {
    x = maker.batch_norm(maker.activation(maker.convolution(x, same3(filters)), ActivationKind::relu));
    x = maker.pooling(x, {.kernel = {2, 2, 2}, .stride = {2, 2, 2}});
  }
  x = maker.flatten(x);
  x = maker.add(Dropout{}, {x}, maker.graph.extents(x));
  maker.dense(x, 10);
  return maker;
}

// Branches that meet by channels, as Inception's.
GraphMaker branches_int8() {
  GraphMaker maker({16, 4, 12, 12});
  const int x = maker.activation(maker.convolution(-1, same3(32)), ActivationKind::relu);
  const int a = maker.activation(maker.convolution(x, {.filters = 32}), ActivationKind::relu);
  const int b = maker.activation(maker.convolution(x, same3(16)), ActivationKind::silu);
  const int c = maker.pooling(x, {.kernel = {3, 3, 3}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}});
  int y = maker.add(Concat{}, {a, b, c}, {80, 4, 12, 12});
  y = maker.activation(maker.convolution(y, same3(32)), ActivationKind::relu);
  maker.dense(maker.add(Reduction{}, {y}, {32, 1, 1, 1}), 7);
  return maker;
}

GraphMaker recurrent_int8() {
  GraphMaker maker({1, 8, 20, 20});
  int x = -1;
  for (const std::int64_t filters : {16, 32}) {
    x = maker.convolution(
        x, {.filters = filters, .kernel = {3, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}});
    x = maker.pooling(maker.activation(x, ActivationKind::relu), {.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
  }
  x = maker.add(Reduction{.time = false}, {x}, {32, 4, 1, 1});
  x = maker.recurrent(x, {.units = 20});
  maker.activation(maker.dense(x, 5), ActivationKind::softmax);
  return maker;
}

// Two branches from the clip, joined.
GraphMaker fusion_int8() {
  GraphMaker maker({3, 6, 12, 12});
  std::vector<int> branches;
  for (const std::int64_t filters : {16, 32}) {
    const int x = maker.activation(maker.convolution(-1, same3(filters)), ActivationKind::relu);
    branches.push_back(maker.activation(maker.convolution(x, same3(filters)), ActivationKind::relu));
  }
  int y = maker.add(Concat{}, branches, {48, 6, 12, 12});
  y = maker.activation(maker.convolution(y, same3(32)), ActivationKind::relu);
  maker.dense(maker.add(Reduction{}, {y}, {32, 1, 1, 1}), 5);
  return maker;
}

Quantization measured(const GraphMaker& maker) {
  RangeCollector collector;
  const auto network =
      Network::compile(maker.architecture(), maker.weights, {.observer = collector.observer()});
  Workspace workspace(*network);
  for (std::uint32_t seed = 1; seed <= 4; ++seed) network->predict(maker.clip(1, seed), workspace);
  return {.chosen_on = "four clips", .ranges = collector.ranges(RangeMethod::percentile)};
}

GraphMaker with_ranges(GraphMaker maker) {
  maker.weights.quantization = measured(maker);
  return maker;
}

std::shared_ptr<const Network> compile_int8(const GraphMaker& maker, NetworkOptions options = {},
                                            Cut cut = Cut::none) {
  options.precision = Precision::int8;
  return Network::compile(maker.architecture(), maker.weights, options, cut);
}

Tensor result_int8(const GraphMaker& maker, const NetworkOptions& options = {}) {
  const auto network = compile_int8(maker, options);
  Workspace workspace(*network);
  return network->predict(maker.clip(options.batch), workspace);
}

std::vector<GraphMaker> all_int8() {
  return {with_ranges(residual_int8()), with_ranges(seed_int8()), with_ranges(branches_int8()),
          with_ranges(recurrent_int8()), with_ranges(fusion_int8())};
}

// 8 bits, a few layers in a row.
TEST(Int8, StaysNearF32) {
  for (const GraphMaker& maker : all_int8()) {
    const Tensor expected = reference(maker.graph, maker.weights.tensors, maker.clip());
    EXPECT_LE(deviation(result_int8(maker), expected).mean, 0.02);
  }
}

TEST(Int8, DependsNeitherOnThreadsNorOnTheBatch) {
  for (const GraphMaker& maker : all_int8()) {
    const Tensor one = result_int8(maker);
    EXPECT_TRUE(same_bits(result_int8(maker, {.threads = 2}), one));
    const Tensor three = result_int8(maker, {.batch = 3});
    EXPECT_TRUE(std::equal(one.values().begin(), one.values().end(), three.values().begin()));
  }
}

void expect_same_when_cut(const GraphMaker& maker, Cut cut) {
  const auto network = compile_int8(maker, {}, cut);
  ASSERT_GT(network->parts().size(), 1U);
  Workspace workspace(*network);
  EXPECT_TRUE(same_bits(network->predict(maker.clip(), workspace), result_int8(maker)));
}

TEST(Int8, GivesTheSameBitsWholeAndCut) {
  expect_same_when_cut(with_ranges(recurrent_int8()), Cut::before_recurrent);
  expect_same_when_cut(with_ranges(fusion_int8()), Cut::branches);
}

// The window that ends with the last samples of a stream, which it took in by twos.
TEST(Int8, GivesTheSameBitsWhereWindowsShare) {
  const GraphMaker maker = with_ranges(recurrent_int8());
  const Tensor clip = maker.clip();
  const auto network = compile_int8(maker, {.samples = 2});
  Workspace workspace(*network);
  Tensor result;
  for (std::int64_t begin = 0; begin < 8; begin += 2)
    result = network->predict(samples(clip, begin, 2), workspace);
  EXPECT_TRUE(same_bits(result, result_int8(maker)));
}

std::vector<std::string> layouts(const Network& network) {
  std::vector<std::string> result;
  for (const PlanStep& step : network.measure_plan(1)) result.push_back(step.kind + ": " + step.layout);
  return result;
}

TEST(Int8, KeepsIntegersBetweenConvolutionsSumsPoolingAndConcat) {
  EXPECT_THAT(layouts(*compile_int8(with_ranges(residual_int8()))),
              AllOf(Contains("convolution: ndhwc32 u8 -> ndhwc32 u8").Times(4),
                    Contains("convolution: ndhwc48 u8 -> ndhwc48 s8").Times(1)));
  EXPECT_THAT(layouts(*compile_int8(with_ranges(seed_int8()))),
              Contains("max pooling: ndhwc16 s8 -> ndhwc16 s8"));
  const auto branches = layouts(*compile_int8(with_ranges(branches_int8())));
  EXPECT_THAT(branches, AllOf(Contains("concat: ndhwc32 s8 -> ndhwc80 s8"),
                              Contains("max pooling: ndhwc32 s8 -> ndhwc32 s8")));
}

TEST(Int8, LeavesLayersInFloatingPointThatLoseTooMuch) {
  GraphMaker maker = with_ranges(residual_int8());
  const std::string name = maker.graph.nodes[3].name;
  maker.weights.quantization->higher_precision = {name};
  bool found = false;
  for (const PlanStep& step : compile_int8(maker)->measure_plan(1)) {
    if (step.name.substr(0, step.name.find(' ')) != name) continue;
    found = true;
    EXPECT_THAT(step.layout, AllOf(HasSubstr("f32 ->"), EndsWith("u8")));
  }
  EXPECT_TRUE(found);
}

std::string refusal(const GraphMaker& maker) {
  try {
    compile_int8(maker);
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

TEST(Int8, NeedsRanges) {
  EXPECT_THAT(refusal(residual_int8()), AllOf(HasSubstr("by hand"), HasSubstr("actionflow quantize")));
  GraphMaker maker = with_ranges(residual_int8());
  maker.weights.quantization->ranges.erase(maker.graph.nodes[2].name);
  EXPECT_THAT(refusal(maker), AllOf(HasSubstr(maker.graph.nodes[3].name), HasSubstr("no range")));
}

}  // namespace
}  // namespace actionflow::testing
