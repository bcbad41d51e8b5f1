// What transformers are made of, beside the plain loops of tests/models/reference.h.
#include "tests/models/network/operation_check.h"

namespace actionflow::testing {
namespace {

int layer_norm(GraphMaker& maker, int input, int groups) {
  const Extents& in = maker.graph.extents(input);
  return maker.add(LayerNorm{.groups = groups}, {input}, in,
                   {parameter("gamma", {in.c / groups}), parameter("beta", {in.c / groups})});
}

// q, k and v of `channels` from the clip by dense layers, and what attention makes of them.
int attention(GraphMaker& maker, int input, std::int64_t channels, const Attention& operation,
              const std::vector<Parameter>& parameters = {}) {
  const std::vector<int> inputs{maker.dense(input, channels), maker.dense(input, channels, false),
                                maker.dense(input, channels)};
  const Extents result = maker.graph.extents(inputs[0]);
  return maker.add(operation, inputs, result, parameters);
}

Parameter table(const Attention& operation) {
  const Axes& t = operation.table;
  return parameter("table",
                   {std::int64_t{1} * (2 * t[0] - 1) * (2 * t[1] - 1) * (2 * t[2] - 1), operation.heads});
}

TEST(TransformerOperations, LayerNormOverAllChannelsAndOverGroups) {
  for (const std::int64_t channels : {3, 12, 48, 100})
    for (const int groups : {1, 3}) {
      if (channels % groups != 0) continue;
      GraphMaker maker({channels, 2, 3, 5});
      layer_norm(maker, -1, groups);
      expect_as_reference(maker, 2);
      GraphMaker vector({channels, 1, 1, 1});
      layer_norm(vector, -1, groups);
      expect_as_reference(vector, 2);
    }
}

TEST(TransformerOperations, PositionEmbeddingsLearnedPerAxisAndFixed) {
  const Extents in{20, 3, 4, 5};
  for (const Shape& shape : std::vector<Shape>{{3, 4, 5, 20}, {1, 4, 5, 20}, {3, 1, 1, 20}, {1, 1, 1, 20}}) {
    GraphMaker maker(in);
    maker.add(PositionEmbedding{}, {-1}, in, {parameter("embedding", shape)});
    expect_as_reference(maker, 2);
  }
  GraphMaker fixed(in);
  fixed.add(PositionEmbedding{PositionEmbedding::Kind::sinusoid}, {fixed.dense(-1, 20)}, in);
  expect_as_reference(fixed, 2);
}

TEST(TransformerOperations, AClassTokenStandsFirstAlongAnyAxis) {
  for (const ValueAxis axis : {ValueAxis::t, ValueAxis::h, ValueAxis::w}) {
    Extents out{20, 3, 4, 5};
    GraphMaker maker(out);
    ++along(out, axis);
    maker.add(ClassToken{axis}, {-1}, out, {parameter("token", {20})});
    expect_as_reference(maker, 2);
  }
}

TEST(TransformerOperations, ProductsOfTwoComputedMatrices) {
  for (const std::int64_t columns : {3, 16, 50})
    for (const bool transposed : {false, true}) {
      GraphMaker maker({20, 2, 3, 70});
      const int rows = maker.dense(-1, 20);
      const std::int64_t steps = transposed ? columns : 20, channels = transposed ? 20 : columns;
      const int other =
          maker.add(Slice{ValueAxis::w, 5, steps}, {maker.dense(-1, channels)}, {channels, 2, 3, steps});
      maker.add(MatMul{transposed}, {rows, other}, {columns, 2, 3, 70});
      expect_as_reference(maker, 2);
    }
}

TEST(TransformerOperations, AConstantIsTheSameForEveryClip) {
  GraphMaker maker({3, 2, 4, 5});
  const Extents extents{20, 2, 4, 5};
  const int constant = maker.add(Constant{}, {-1}, extents, {parameter("value", {2, 4, 5, 20})});
  maker.add(Elementwise{}, {maker.dense(-1, 20), constant}, extents);
  expect_as_reference(maker, 2);
}

TEST(TransformerOperations, SlicesAlongEveryAxisWhereTheyLieTogetherAndApart) {
  for (const std::int64_t batch : {1, 2})
    for (const ValueAxis axis : {ValueAxis::t, ValueAxis::h, ValueAxis::w, ValueAxis::c})
      for (const Extents& in : std::vector<Extents>{{24, 5, 6, 7}, {20, 1, 5, 6}, {40, 1, 1, 9}}) {
        if (along(in, axis) < 4) continue;
        GraphMaker maker(in);
        const int value = maker.dense(-1, in.c);
        Extents out = in;
        along(out, axis) = 3;
        const int part = maker.add(Slice{axis, 1, 3}, {value}, out);
        maker.activation(part, ActivationKind::relu);
        expect_as_reference(maker, batch);
      }
}

TEST(TransformerOperations, ConcatAlongEveryAxisRepeatsExtentsOfOne) {
  GraphMaker along_width({20, 4, 3, 5});
  const int token = along_width.add(Reduction{}, {-1}, {20, 1, 1, 1});
  along_width.add(Concat{ValueAxis::w}, {token, -1}, {20, 4, 3, 6});
  expect_as_reference(along_width, 2);
  for (const ValueAxis axis : {ValueAxis::t, ValueAxis::h}) {
    GraphMaker maker({20, 4, 3, 5});
    Extents out = maker.graph.input;
    along(out, axis) *= 2;
    maker.add(Concat{axis}, {-1, maker.dense(-1, 20)}, out);
    expect_as_reference(maker, 2);
  }
}

TEST(TransformerOperations, RepeatedKernelsServeEachPartOfTheChannels) {
  GraphMaker maker({36, 3, 5, 6});
  const Convolution pool{.filters = 36,
                         .kernel = {3, 3, 3},
                         .stride = {1, 2, 2},
                         .pad_begin = {1, 1, 1},
                         .pad_end = {1, 1, 1},
                         .groups = 36,
                         .repeats = 3};
  maker.add(pool, {-1}, {36, 3, 3, 3}, {parameter("kernel", {12, 1, 3, 3, 3}), parameter("bias", {12})});
  expect_as_reference(maker, 2);
}

TEST(TransformerOperations, AttentionOfAllPositionsWhateverTheSizes) {
  for (const auto& [channels, heads] : {std::pair{12, 3}, {48, 4}, {64, 1}, {96, 3}})
    for (const Extents& in : std::vector<Extents>{{9, 1, 1, 1}, {9, 2, 3, 5}, {9, 5, 8, 9}, {9, 1, 1, 50}}) {
      SCOPED_TRACE(std::to_string(channels) + " in " + std::to_string(heads) + " on " + to_string(in));
      GraphMaker maker(in);
      attention(maker, -1, channels, {.heads = heads});
      expect_as_reference(maker, 2);
    }
}

TEST(TransformerOperations, AttentionSoftensByItsScaleAndAddsItsQuery) {
  GraphMaker maker({9, 2, 3, 5});
  attention(maker, -1, 24, {.heads = 2, .scale = 2.5F, .add_query = true});
  expect_as_reference(maker);
}

TEST(TransformerOperations, AttentionReadsQueriesKeysAndValuesFromOneValue) {
  GraphMaker maker({9, 2, 3, 5});
  maker.add(Attention{.heads = 4}, {maker.dense(-1, 72)}, {24, 2, 3, 5});
  expect_as_reference(maker, 2);
}

TEST(TransformerOperations, AttentionOfLargeScoresStaysFinite) {
  GraphMaker maker({9, 2, 5, 30});
  const Extents in = maker.graph.input;
  attention(maker, -1, 24, {.heads = 2, .scale = 300});
  const Tensor clip = maker.clip();
  const auto network = Network::compile(maker.architecture(), maker.weights);
  Workspace workspace(*network);
  const Tensor expected = reference(maker.graph, maker.weights.tensors, clip);
  EXPECT_LE(deviation(network->predict(clip, workspace), expected).largest, 1e-3) << to_string(in);
}

TEST(TransformerOperations, AttentionOfEachSampleAndOfEachPlace) {
  for (const Axes& window : {Axes{1, 0, 0}, Axes{0, 1, 1}}) {
    GraphMaker maker({9, 4, 5, 6});
    attention(maker, -1, 24, {.heads = 2, .window = window});
    expect_as_reference(maker, 2);
  }
}

TEST(TransformerOperations, AttentionInWindowsShiftedAndWithATableOfBiases) {
  for (const Axes& shift : {Axes{0, 0, 0}, Axes{0, 1, 1}, Axes{1, 2, 0}, Axes{1, 1, 1}}) {
    GraphMaker maker({9, 4, 6, 9});
    const Attention operation{
        .heads = 2, .window = {2, 3, 3}, .shift = shift, .bias = Attention::Bias::table, .table = {4, 3, 3}};
    attention(maker, -1, 24, operation, {table(operation)});
    expect_as_reference(maker, 2);
  }
  GraphMaker plain({9, 4, 6, 9});
  attention(plain, -1, 24, {.heads = 2, .window = {2, 3, 3}, .shift = {1, 1, 1}});
  expect_as_reference(plain, 2);
}

// As pooled attention has it: queries and keys of other extents, a class token, biases by time, row and
// column.
TEST(TransformerOperations, AttentionOfPooledKeysWithDecomposedBiases) {
  for (const bool class_token : {false, true})
    for (const bool pools_queries : {false, true}) {
      const Axes whole{2, 4, 6}, pooled{2, 2, 3};
      const Axes &query = pools_queries ? pooled : whole, &key = pools_queries ? whole : pooled;
      const std::int64_t tokens = class_token ? 1 : 0;
      GraphMaker maker({9, 1, 1, 48 + tokens});
      const int small = maker.add(Slice{ValueAxis::w, 0, 12 + tokens}, {-1}, {9, 1, 1, 12 + tokens});
      const int q = maker.dense(pools_queries ? small : -1, 24),
                k = maker.dense(pools_queries ? -1 : small, 24);
      const int v = maker.dense(pools_queries ? -1 : small, 24);
      const Extents result = maker.graph.extents(q);
      maker.add(Attention{.heads = 2,
                          .bias = Attention::Bias::decomposed,
                          .class_token = class_token,
                          .query_map = query,
                          .key_map = key,
                          .add_query = true},
                {q, k, v}, result,
                {parameter("time", {3, 12}), parameter("height", {7, 12}), parameter("width", {11, 12})});
      expect_as_reference(maker, 2);
    }
}

TEST(TransformerOperations, AttentionDoesNotDependOnThreads) {
  GraphMaker maker({9, 3, 5, 7});
  attention(maker, -1, 48, {.heads = 3});
  const Tensor clip = maker.clip();
  std::vector<Tensor> results;
  for (const int threads : {1, 2, 3}) {
    const auto network = Network::compile(maker.architecture(), maker.weights, {.threads = threads});
    Workspace workspace(*network);
    results.push_back(network->predict(clip, workspace));
  }
  for (const Tensor& result : results) EXPECT_EQ(deviation(result, results[0]).largest, 0);
}

}  // namespace
}  // namespace actionflow::testing
