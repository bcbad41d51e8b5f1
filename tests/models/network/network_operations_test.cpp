// Every operation of a plan against the plain loops of tests/models/reference.h.
#include "tests/models/activations.h"
#include "tests/models/network/operation_check.h"

namespace actionflow::testing {
namespace {

TEST(NetworkOperations, ConvolutionsOfOddChannelCountsEqualTheReference) {
  for (const std::int64_t in : {1, 3, 5, 17, 33})
    for (const std::int64_t out : {1, 5, 17, 33, 64}) {
      SCOPED_TRACE(std::to_string(in) + " to " + std::to_string(out));
      GraphMaker maker({in, 4, 7, 6});
      maker.convolution(-1,
                        {.filters = out, .kernel = {3, 3, 3}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}});
      expect_as_reference(maker);
    }
}

TEST(NetworkOperations, ConvolutionsOfEveryGeometryEqualTheReference) {
  const std::vector<Convolution> cases{
      {.filters = 8, .kernel = {1, 1, 1}},
      {.filters = 8, .kernel = {1, 1, 1}, .stride = {2, 2, 2}},
      {.filters = 8, .kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}, .bias = false},
      {.filters = 8, .kernel = {3, 1, 1}, .pad_begin = {2, 0, 0}},  // causal
      {.filters = 8, .kernel = {3, 3, 3}, .stride = {1, 2, 2}, .pad_begin = {1, 0, 0}, .pad_end = {1, 1, 1}},
      {.filters = 8,
       .kernel = {3, 3, 3},
       .dilation = {1, 2, 2},
       .pad_begin = {1, 2, 2},
       .pad_end = {1, 2, 2}},
      {.filters = 8, .kernel = {2, 5, 4}, .stride = {2, 3, 1}, .pad_begin = {0, 2, 1}, .pad_end = {1, 2, 2}},
      {.filters = 8, .kernel = {5, 7, 7}, .stride = {1, 2, 2}, .pad_begin = {2, 3, 3}, .pad_end = {2, 3, 3}},
      {.filters = 8, .kernel = {4, 9, 10}},
  };
  for (const std::int64_t in : {3, 16})
    for (std::size_t i = 0; i < cases.size(); ++i) {
      SCOPED_TRACE("case " + std::to_string(i) + " of " + std::to_string(in) + " channels");
      GraphMaker maker({in, 6, 9, 10});
      maker.convolution(-1, cases[i]);
      expect_as_reference(maker);
    }
}

TEST(NetworkOperations, GroupedAndDepthwiseConvolutionsEqualTheReference) {
  struct Case {
    std::int64_t in, out;
    int groups;
    Axes kernel, stride, dilation;
  };
  for (const Case& c : std::vector<Case>{{24, 24, 24, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}},
                                         {17, 17, 17, {3, 3, 3}, {1, 2, 2}, {1, 1, 1}},
                                         {32, 32, 32, {5, 1, 1}, {1, 1, 1}, {1, 1, 1}},
                                         {32, 32, 32, {1, 5, 5}, {1, 1, 1}, {1, 1, 1}},
                                         {16, 16, 16, {3, 3, 3}, {2, 1, 1}, {1, 2, 2}},
                                         {6, 12, 6, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}},
                                         {24, 36, 3, {3, 3, 3}, {1, 2, 1}, {1, 1, 1}},
                                         {32, 64, 2, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}}}) {
    SCOPED_TRACE(std::to_string(c.in) + " in " + std::to_string(c.groups) + " groups");
    GraphMaker maker({c.in, 5, 11, 23});
    Axes pad{};
    for (std::size_t axis = 0; axis < 3; ++axis) pad[axis] = c.dilation[axis] * (c.kernel[axis] - 1) / 2;
    int value = maker.convolution(-1, {.filters = c.out,
                                       .kernel = c.kernel,
                                       .stride = c.stride,
                                       .dilation = c.dilation,
                                       .pad_begin = pad,
                                       .pad_end = pad,
                                       .groups = c.groups});
    value = maker.batch_norm(value);
    maker.activation(value, ActivationKind::silu);
    expect_as_reference(maker);
  }
}

TEST(NetworkOperations, PoolingOfEveryKindEqualsTheReference) {
  const std::vector<Pooling> cases{
      {.kernel = {2, 2, 2}, .stride = {2, 2, 2}},
      {.kernel = {1, 2, 2}, .stride = {1, 2, 2}},
      {.kernel = {1, 3, 3}, .stride = {1, 2, 2}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}},
      {.kernel = {3, 3, 3}, .stride = {1, 1, 1}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}},
      {.kernel = {2, 3, 2}, .stride = {2, 2, 2}, .pad_begin = {0, 0, 0}, .pad_end = {0, 1, 1}},
  };
  for (const std::int64_t channels : {3, 17, 32})
    for (const auto kind : {Pooling::Kind::max, Pooling::Kind::average})
      for (const bool count_padding : {false, true})
        for (std::size_t i = 0; i < cases.size(); ++i) {
          SCOPED_TRACE("case " + std::to_string(i) + " of " + std::to_string(channels) + " channels");
          GraphMaker maker({channels, 4, 9, 7});
          Pooling pooling = cases[i];
          pooling.kind = kind;
          pooling.count_padding = count_padding;
          maker.pooling(-1, pooling);
          expect_as_reference(maker, 2);
        }
}

TEST(NetworkOperations, ReductionsEqualTheReference) {
  for (const std::int64_t channels : {3, 24})
    for (const auto kind : {Reduction::Kind::mean, Reduction::Kind::max})
      for (const auto& [time, space] : {std::pair{true, true}, {true, false}, {false, true}}) {
        SCOPED_TRACE(std::to_string(channels) + (time ? " time" : "") + (space ? " space" : ""));
        GraphMaker maker({channels, 6, 40, 33});
        maker.add(Reduction{kind, time, space}, {-1},
                  {channels, time ? 1 : 6, space ? 1 : 40, space ? 1 : 33});
        expect_as_reference(maker, 2);
      }
}

TEST(NetworkOperations, ActivationsEqualTheReferenceFusedAndAlone) {
  std::vector<Activation> activations = all_activations();
  activations.push_back({.kind = ActivationKind::softmax});
  for (const Activation& activation : activations)
    for (const std::int64_t filters : {7, 16}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(activation.kind)) + " on " + std::to_string(filters));
      GraphMaker maker({5, 2, 6, 5});
      const auto activated = [&](int value) {
        return maker.add(activation, {value}, maker.graph.extents(value));
      };
      int value = maker.convolution(activated(-1), {.filters = filters, .kernel = {1, 3, 3}});
      value = maker.pooling(activated(value), {.kernel = {2, 2, 2}, .stride = {1, 1, 1}});
      activated(value);
      expect_as_reference(maker);
    }
}

TEST(NetworkOperations, ActivationsOfOneKindKeepTheirOwnParametersBehindAConvolution) {
  const auto leaky = [](float slope) {
    return Activation{.kind = ActivationKind::leaky_relu, .slope = slope};
  };
  const auto hard = [](float slope) {
    return Activation{.kind = ActivationKind::hard_sigmoid, .slope = slope};
  };
  const Activation relu{}, elu{.kind = ActivationKind::elu}, half{.kind = ActivationKind::elu, .alpha = 0.5F};
  const Activation clip{.kind = ActivationKind::clip},
      low{.kind = ActivationKind::clip, .low = -0.2F, .high = 0.3F};
  const std::pair<Activation, Activation> pairs[] = {
      {leaky(0.4F), leaky(0.3F)}, {leaky(0.4F), relu}, {elu, half}, {clip, low},
      {hard(0.2F), hard(0.9F)},   {hard(0.2F), low}};
  for (const auto& [first, second] : pairs) {
    SCOPED_TRACE(std::to_string(static_cast<int>(first.kind)) + " " +
                 std::to_string(static_cast<int>(second.kind)));
    GraphMaker maker({5, 2, 6, 5});
    int value = maker.convolution(-1, {.filters = 16, .kernel = {1, 3, 3}});
    value = maker.add(first, {value}, maker.graph.extents(value));
    maker.add(second, {value}, maker.graph.extents(value));
    expect_as_reference(maker);
  }
}

TEST(NetworkOperations, PReluEqualsTheReference) {
  for (const bool one : {false, true}) {
    GraphMaker maker({19, 2, 6, 5});
    maker.prelu(maker.prelu(-1, one), !one);
    expect_as_reference(maker);
  }
}

TEST(NetworkOperations, DenseProductsEqualTheReferenceWhateverTheirSize) {
  for (const std::int64_t units : {1, 10, 64, 130})
    for (const bool bias : {false, true}) {
      GraphMaker maker({37, 3, 2, 2});
      const int value = maker.activation(maker.dense(-1, units, bias), ActivationKind::relu);
      maker.dense(maker.batch_norm(maker.flatten(value)), 5, bias);
      expect_as_reference(maker, 3);
    }
}

TEST(NetworkOperations, FlattenBeforeDenseCountsTimeHeightWidthChannels) {
  GraphMaker maker({3, 4, 6, 5});
  int value = maker.convolution(-1, {.filters = 7, .kernel = {3, 3, 3}});
  value = maker.flatten(value);
  value = maker.add(Dropout{}, {value}, maker.graph.extents(value));
  maker.dense(value, 9);
  expect_as_reference(maker, 2);
}

TEST(NetworkOperations, ReshapeAndPermuteEqualTheReference) {
  for (const std::int64_t channels : {5, 16}) {
    GraphMaker maker({channels, 4, 6, 8});
    const Extents turned{channels, 6, 4, 8};
    int value = maker.add(Permute{{1, 0, 2, 3}}, {-1}, turned);
    const Extents rows{channels * 32, 6, 1, 1};
    value = maker.add(Reshape{rows}, {value}, rows);
    value = maker.add(Permute{{3, 1, 2, 0}}, {value}, {6, channels * 32, 1, 1});
    const Extents odd{channels * 3, 4, 4, 4};
    value = maker.add(Reshape{odd}, {value}, odd);
    const Extents flat{odd.size(), 1, 1, 1};
    maker.add(Reshape{flat}, {value}, flat);
    expect_as_reference(maker, 2);
  }
}

TEST(NetworkOperations, ConcatAndSelectedFramesEqualTheReference) {
  for (const std::int64_t batch : {1, 2}) {
    GraphMaker maker({3, 4, 6, 8});
    const int a = maker.convolution(-1, {.filters = 7, .kernel = {1, 1, 1}});
    const int b = maker.convolution(-1, {.filters = 18, .kernel = {1, 1, 1}});
    const int joined = maker.add(Concat{}, {a, -1, b}, {28, 4, 6, 8});
    const int last = maker.add(SelectFrames{{3}}, {joined}, {28, 1, 6, 8});
    const int clip = maker.add(SelectFrames{{1}}, {-1}, {3, 1, 6, 8});
    const int picture = maker.convolution(
        clip, {.filters = 4, .kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}});
    const int some = maker.add(SelectFrames{{0, 2, 3}}, {joined}, {28, 3, 6, 8});
    const int largest =
        maker.add(Reduction{.kind = Reduction::Kind::max, .space = false}, {some}, {28, 1, 6, 8});
    maker.add(Concat{}, {last, picture, largest}, {60, 1, 6, 8});
    expect_as_reference(maker, batch);
  }
}

TEST(NetworkOperations, ShiftsInTimeEqualTheReference) {
  for (const std::int64_t channels : {3, 20, 32})
    for (const TimeShift shift :
         {TimeShift{.next = 1, .previous = 2, .pad_begin = 1, .pad_end = 1},
          TimeShift{.next = 3, .pad_end = 1}, TimeShift{.previous = 2, .pad_begin = 1}}) {
      GraphMaker maker({channels, 4, 5, 3});
      const int shifted = maker.add(shift, {-1}, maker.graph.input);
      maker.add(shift, {maker.convolution(shifted, {.filters = 18})}, {18, 4, 5, 3});
      expect_as_reference(maker, 2);
    }
}

TEST(NetworkOperations, CumulativeMeansEqualTheReference) {
  for (const std::int64_t channels : {3, 20}) {
    GraphMaker maker({channels, 6, 5, 4});
    const int mean = maker.add(CumulativeMean{}, {-1}, maker.graph.input);
    const int vectors = maker.add(Reduction{.time = false}, {mean}, {channels, 6, 1, 1});
    maker.add(CumulativeMean{}, {maker.dense(vectors, 9)}, {9, 6, 1, 1});
    expect_as_reference(maker, 2);
  }
}

TEST(NetworkOperations, LearntScalesEqualTheReferenceFoldedAndAlone) {
  for (const bool one : {true, false})
    for (const std::int64_t channels : {3, 20}) {
      GraphMaker maker({channels, 3, 5, 4});
      const int alone = maker.scale(-1, one);
      const int folded = maker.scale(maker.batch_norm(maker.convolution(alone, {.filters = channels})), one);
      const int behind = maker.scale(
          maker.activation(maker.convolution(folded, {.filters = channels}), ActivationKind::relu), one);
      maker.add(Elementwise{}, {behind, -1}, maker.graph.input);
      expect_as_reference(maker, 2);
    }
}

TEST(NetworkOperations, ElementwiseRepeatsExtentsOfOne) {
  for (const auto kind : {Elementwise::Kind::add, Elementwise::Kind::multiply, Elementwise::Kind::maximum})
    for (const std::int64_t channels : {3, 20, 32}) {
      GraphMaker maker({channels, 3, 5, 4});
      const Extents all = maker.graph.input;
      const int gate = maker.add(Reduction{}, {-1}, {channels, 1, 1, 1});
      const int one = maker.convolution(-1, {.filters = 1, .kernel = {1, 1, 1}});
      const int other = maker.convolution(-1, {.filters = channels, .kernel = {1, 1, 1}});
      const int three = maker.add(Elementwise{kind, 0.5F}, {other, -1, gate}, all);
      const int frame = maker.add(SelectFrames{}, {three}, {channels, 1, 5, 4});
      const int twice = maker.add(Elementwise{kind, 1}, {frame, three}, all);
      const int same = maker.add(Elementwise{kind, 2}, {twice, three}, all);
      maker.add(Elementwise{kind, 1}, {one, same}, all);
      expect_as_reference(maker, 2);
    }
}

TEST(NetworkOperations, RecurrentCellsEqualTheReference) {
  for (const auto cell : {Recurrent::Cell::lstm, Recurrent::Cell::gru})
    for (const std::int64_t units : {5, 32})
      for (const int variant : {0, 1, 2, 3, 4, 5}) {
        SCOPED_TRACE(std::to_string(units) + " units, variant " + std::to_string(variant));
        GraphMaker maker({11, 9, 1, 1});
        Recurrent r{.cell = cell, .units = units, .sequence = true};
        if (variant == 1) r.backward = true;
        if (variant == 2) r.reset_after = false;
        if (variant == 3) r.recurrent_activation = ActivationKind::hard_sigmoid;
        if (variant == 4) r.bias = false;
        if (variant == 5) r.slope = 1.0F / 6;
        if (variant == 5) r.recurrent_activation = r.activation = ActivationKind::hard_sigmoid;
        const int sequence = maker.recurrent(-1, r);
        r.sequence = false;
        if (variant < 5) r.activation = variant == 3 ? ActivationKind::relu : ActivationKind::tanh;
        maker.recurrent(sequence, r);
        expect_as_reference(maker, 3);
      }
}

}  // namespace
}  // namespace actionflow::testing
