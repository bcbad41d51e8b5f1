// What transformers are made of, in training: forward beside plain loops, gradients beside differences.
#include <gtest/gtest.h>

#include "tests/models/kernels/train_kernel_bench.h"

namespace actionflow::testing {
namespace {

// A node of several inputs, the first of which is the clip.
GraphMaker node_of(const std::vector<Extents>& in, const Operation& operation, const Extents& out,
                   const std::vector<Parameter>& parameters = {}) {
  GraphMaker maker(in[0]);
  std::vector<int> values{-1};
  for (std::size_t i = 1; i < in.size(); ++i) {
    maker.graph.further_inputs.push_back(in[i]);
    values.push_back(-1 - static_cast<int>(i));
  }
  maker.add(operation, values, out, parameters);
  return maker;
}

TEST(TrainTransformer, LayerNormOverAllChannelsAndOverGroups) {
  for (const std::int64_t channels : {12, 16, 48})
    for (const int groups : {1, 3}) {
      if (channels % groups != 0) continue;
      const Extents in{channels, 2, 3, 4};
      expect_trains(
          node_of({in}, LayerNorm{.groups = groups}, in,
                  {parameter("gamma", {channels / groups}), parameter("beta", {channels / groups})}));
    }
}

TEST(TrainTransformer, PositionEmbeddingsAndClassTokens) {
  const Extents in{20, 3, 2, 4};
  for (const Shape& shape : std::vector<Shape>{{3, 2, 4, 20}, {1, 2, 4, 20}, {3, 1, 1, 20}})
    expect_trains(node_of({in}, PositionEmbedding{}, in, {parameter("embedding", shape)}));
  expect_trains(node_of({in}, PositionEmbedding{PositionEmbedding::Kind::sinusoid}, in));
  for (const ValueAxis axis : {ValueAxis::t, ValueAxis::h, ValueAxis::w}) {
    Extents out = in;
    ++along(out, axis);
    expect_trains(node_of({in}, ClassToken{axis}, out, {parameter("token", {20})}));
  }
}

TEST(TrainTransformer, ProductsOfTwoComputedMatrices) {
  StandardChecks checks;
  checks.bf16_products = true;
  expect_trains(node_of({{20, 2, 3, 7}, {20, 2, 3, 5}}, MatMul{true}, {5, 2, 3, 7}), checks);
  expect_trains(node_of({{5, 2, 3, 7}, {20, 2, 3, 5}}, MatMul{false}, {20, 2, 3, 7}), checks);
}

TEST(TrainTransformer, Constants) {
  expect_trains(node_of({{3, 2, 2, 2}}, Constant{}, {20, 2, 3, 4}, {parameter("value", {2, 3, 4, 20})}));
}

TEST(TrainTransformer, SlicesAndConcatsAlongEveryAxis) {
  const Extents in{20, 4, 5, 6};
  for (const ValueAxis axis : {ValueAxis::t, ValueAxis::h, ValueAxis::w, ValueAxis::c}) {
    Extents part = in, twice = in;
    along(part, axis) = 2;
    along(twice, axis) += 2;
    expect_trains(node_of({in}, Slice{axis, 1, 2}, part));
    expect_trains(node_of({in, part}, Concat{axis}, twice));
  }
  expect_trains(node_of({{20, 1, 1, 1}, in}, Concat{ValueAxis::w}, {20, 4, 5, 7}));
}

TEST(TrainTransformer, RepeatedKernelsServeEachPartOfTheChannels) {
  const Convolution pool{.filters = 32,
                         .kernel = {3, 3, 3},
                         .stride = {1, 2, 2},
                         .pad_begin = {1, 1, 1},
                         .pad_end = {1, 1, 1},
                         .groups = 32,
                         .repeats = 2};
  expect_trains(node_of({{32, 2, 5, 6}}, pool, {32, 2, 3, 3},
                        {parameter("kernel", {16, 1, 3, 3, 3}), parameter("bias", {16})}),
                {.thread_bits = false});
}

TEST(TrainTransformer, AttentionOfAllPositions) {
  const Extents value{24, 2, 3, 4};
  for (const int heads : {1, 3})
    expect_trains(node_of({value, value, value}, Attention{.heads = heads}, value));
  expect_trains(node_of({{48, 2, 3, 4}}, Attention{.heads = 2}, {16, 2, 3, 4}));
}

TEST(TrainTransformer, AttentionInWindowsShiftedAndWithATableOfBiases) {
  const Extents value{16, 2, 4, 6};
  const Attention plain{.heads = 2, .window = {1, 0, 0}};
  expect_trains(node_of({value, value, value}, plain, value));
  const Attention shifted{.heads = 2,
                          .window = {2, 2, 3},
                          .shift = {0, 1, 1},
                          .bias = Attention::Bias::table,
                          .table = {2, 2, 3}};
  expect_trains(node_of({value, value, value}, shifted, value, {parameter("table", {45, 2})}));
}

TEST(TrainTransformer, AttentionOfPooledKeysWithDecomposedBiases) {
  const Attention operation{.heads = 2,
                            .bias = Attention::Bias::decomposed,
                            .class_token = true,
                            .query_map = {2, 2, 4},
                            .key_map = {2, 1, 2},
                            .add_query = true};
  expect_trains(
      node_of({{16, 1, 1, 17}, {16, 1, 1, 5}, {16, 1, 1, 5}}, operation, {16, 1, 1, 17},
              {parameter("time", {3, 8}), parameter("height", {3, 8}), parameter("width", {7, 8})}));
}

}  // namespace
}  // namespace actionflow::testing
