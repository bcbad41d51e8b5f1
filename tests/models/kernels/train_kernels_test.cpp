// Kernels of training that work on maps, one at a time: forward beside plain loops
// (tests/models/reference.h), backward beside differences of the forward pass, in place, in bf16 and with two
// threads.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/activations.h"
#include "tests/models/kernels/train_kernel_bench.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

using kernels::ElementType;

// Channels that fill a block, do not fill one, and are left without padding.
const std::int64_t kChannels[] = {3, 16, 20};

GraphMaker one_node(const Extents& in, Operation operation, const Extents& out) {
  GraphMaker maker(in);
  maker.add(std::move(operation), {-1}, out);
  return maker;
}

GraphMaker joined(const std::vector<Extents>& in, Operation operation, const Extents& out) {
  GraphMaker maker(in[0]);
  std::vector<int> values{-1};
  for (std::size_t i = 1; i < in.size(); ++i) {
    maker.graph.further_inputs.push_back(in[i]);
    values.push_back(-1 - static_cast<int>(i));
  }
  maker.add(std::move(operation), values, out);
  return maker;
}

TEST(TrainActivation, EveryKindHasItsSlope) {
  std::vector<Activation> activations = all_activations();
  activations.push_back({.kind = ActivationKind::softmax});
  for (const Activation& activation : activations)
    for (const std::int64_t channels : kChannels) {
      SCOPED_TRACE(::testing::Message()
                   << static_cast<int>(activation.kind) << " on " << channels << " channels");
      const Extents extents{channels, 2, 3, 5};
      expect_trains(one_node(extents, activation, extents));
    }
}

TEST(TrainActivation, SoftmaxOverManyChannelsWorksInBothTypes) {
  const Extents extents{1000, 1, 2, 2};
  expect_trains(one_node(extents, Activation{.kind = ActivationKind::softmax}, extents));
}

TEST(TrainActivation, ReluAndSoftmaxNeedTheirResultOnly) {
  for (const ActivationKind kind : {ActivationKind::relu, ActivationKind::softmax}) {
    const Extents extents{16, 1, 2, 2};
    TrainKernelBench bench(one_node(extents, Activation{.kind = kind}, extents));
    EXPECT_FALSE(bench.kernel().backward_reads().inputs[0]);
    EXPECT_TRUE(bench.kernel().works_in_place());
  }
}

TEST(TrainPRelu, OneAlphaForAllAndOneAChannel) {
  for (const bool one : {true, false})
    for (const std::int64_t channels : kChannels) {
      GraphMaker maker({channels, 3, 4, 5});
      maker.prelu(-1, one);
      expect_trains(maker);
    }
}

TEST(TrainElementwise, JoinsValuesThatLieAlike) {
  for (const Elementwise::Kind kind :
       {Elementwise::Kind::add, Elementwise::Kind::multiply, Elementwise::Kind::maximum})
    for (const std::int64_t channels : kChannels)
      for (const std::size_t inputs : {2U, 3U})
        for (const bool relu : {false, true}) {
          SCOPED_TRACE(::testing::Message() << static_cast<int>(kind) << ", " << channels << " channels, "
                                            << inputs << " inputs, relu " << relu);
          const Extents extents{channels, 2, 3, 4};
          const std::vector<Extents> in(inputs, extents);
          expect_trains(joined(in, Elementwise{.kind = kind, .scale = 0.5F}, extents),
                        {.options = {.relu = relu}});
        }
}

TEST(TrainElementwise, GradientsOfRepeatedExtentsAreSums) {
  const std::int64_t c = 20;
  const std::vector<Extents> narrow{{c, 1, 1, 1}, {c, 1, 5, 4}, {c, 3, 1, 1}, {1, 3, 5, 4}, {1, 1, 1, 1}};
  for (const Elementwise::Kind kind :
       {Elementwise::Kind::add, Elementwise::Kind::multiply, Elementwise::Kind::maximum})
    for (const Extents& second : narrow) {
      SCOPED_TRACE(::testing::Message() << static_cast<int>(kind) << " with " << to_string(second));
      const Extents whole{c, 3, 5, 4};
      expect_trains(joined({whole, second}, Elementwise{.kind = kind}, whole), {.options = {.relu = true}});
      expect_trains(joined({second, whole}, Elementwise{.kind = kind}, whole));
    }
}

TEST(TrainElementwise, LongSumsOfARepeatedExtentStayExact) {
  // 40 000 terms of 1.1, of which float32 added one by one loses 2e-4.
  const Extents whole{16, 4, 100, 100};
  TrainKernelBench bench(
      joined({whole, {16, 1, 1, 1}}, Elementwise{.kind = Elementwise::Kind::multiply}, whole), {.batch = 1});
  for (float& x : bench.input(0).values()) x = 1.1F;
  Tensor ones = bench.forward();
  for (float& x : ones.values()) x = 1;
  const Gradients gradients = bench.backward(ones);
  for (const float g : gradients.inputs[1].values()) EXPECT_NEAR(g, 44000, 0.3);
}

TEST(TrainElementwise, TheFirstOfEqualInputsTakesAMaximumsGradient) {
  const Extents extents{16, 1, 2, 2};
  TrainKernelBench bench(
      joined({extents, extents, extents}, Elementwise{.kind = Elementwise::Kind::maximum}, extents));
  bench.input(1) = bench.input(0);
  bench.input(2) = bench.input(0);
  bench.forward();
  const Tensor gradient = bench.output_gradient();
  const Gradients gradients = bench.backward(gradient);
  EXPECT_EQ(deviation(gradients.inputs[0], gradient).largest, 0);
  for (const std::size_t i : {1U, 2U})
    for (const float g : gradients.inputs[i].values()) EXPECT_EQ(g, 0);
}

TEST(TrainElementwise, ASumReadsNothingBackAndTakesItsInputsPlace) {
  const Extents extents{16, 1, 2, 2};
  TrainKernelBench bench(joined({extents, extents}, Elementwise{}, extents));
  const training::BackwardReads reads = bench.kernel().backward_reads();
  EXPECT_FALSE(reads.inputs[0] || reads.inputs[1] || reads.output);
  EXPECT_TRUE(bench.kernel().works_in_place());
  EXPECT_TRUE(bench.kernel().gradient_in_place());
}

TEST(TrainReduction, OverTimeSpaceAndBoth) {
  for (const Reduction::Kind kind : {Reduction::Kind::mean, Reduction::Kind::max})
    for (const std::int64_t channels : kChannels)
      for (const auto& [time, space] : {std::pair{true, false}, {false, true}, {true, true}}) {
        SCOPED_TRACE(::testing::Message() << static_cast<int>(kind) << ", " << channels << " channels, time "
                                          << time << ", space " << space);
        const Extents out{channels, time ? 1 : 4, space ? 1 : 5, space ? 1 : 6};
        expect_trains(one_node({channels, 4, 5, 6}, Reduction{kind, time, space}, out));
      }
}

TEST(TrainReduction, TheFirstOfEqualsTakesAMaximumsGradient) {
  TrainKernelBench bench(one_node({16, 3, 2, 2}, Reduction{Reduction::Kind::max, true, false}, {16, 1, 2, 2}),
                         {.batch = 1});
  for (float& x : bench.input().values()) x = 0;
  Tensor gradient = bench.forward();
  for (float& g : gradient.values()) g = 1;
  const Tensor result = bench.backward(gradient).inputs[0];
  for (std::int64_t i = 0; i < result.size(); ++i) EXPECT_EQ(result[i], i % 12 < 4 ? 1 : 0);
}

TEST(TrainMovement, ConcatGivesEachPartItsOwn) {
  for (const auto& parts : std::vector<std::vector<std::int64_t>>{{16, 32}, {3, 20, 5}, {20, 16}}) {
    std::vector<Extents> in;
    Extents out{0, 2, 3, 4};
    for (const std::int64_t channels : parts) {
      in.push_back({channels, 2, 3, 4});
      out.c += channels;
    }
    expect_trains(joined(in, Concat{}, out));
  }
}

TEST(TrainMovement, ReshapePermuteAndSelectedFramesGoBackWhereTheyCameFrom) {
  for (const std::int64_t c : kChannels) {
    expect_trains(one_node({c, 2, 3, 4}, Reshape{{c * 24, 1, 1, 1}}, {c * 24, 1, 1, 1}));
    expect_trains(one_node({c, 2, 3, 4}, Reshape{{c * 2, 1, 3, 4}}, {c * 2, 1, 3, 4}));
    expect_trains(one_node({c, 2, 3, 4}, Permute{{1, 0, 2, 3}}, {c, 3, 2, 4}));
    expect_trains(one_node({c, 2, 3, 4}, Permute{{3, 1, 0, 2}}, {4, c, 3, 2}));
    expect_trains(one_node({c, 3, 3, 4}, Slice{ValueAxis::t, 1}, {c, 1, 3, 4}));
    expect_trains(one_node({c, 3, 3, 4}, Slice{ValueAxis::t, 2}, {c, 1, 3, 4}));
    expect_trains(one_node({c, 3, 3, 4}, SelectFrames{{1}}, {c, 1, 3, 4}));
    expect_trains(one_node({c, 5, 3, 4}, SelectFrames{{0, 3, 4}}, {c, 3, 3, 4}));
  }
}

TEST(TrainMovement, AShiftInTimeGoesBack) {
  const Extents clip{20, 5, 3, 4}, few{3, 2, 3, 4};
  expect_trains(one_node(clip, TimeShift{.next = 3, .previous = 2, .pad_begin = 1, .pad_end = 1}, clip));
  expect_trains(one_node(few, TimeShift{.next = 1, .previous = 1, .pad_begin = 1, .pad_end = 1}, few));
  expect_trains(one_node(clip, TimeShift{.previous = 7, .pad_begin = 1}, clip));
}

TEST(TrainCumulativeMean, EachSampleCountsInAllAfterIt) {
  for (const std::int64_t channels : kChannels) {
    const Extents sequence{channels, 7, 1, 1}, clip{channels, 4, 9, 8};
    expect_trains(one_node(sequence, CumulativeMean{}, sequence));
    expect_trains(one_node(clip, CumulativeMean{}, clip));
  }
}

TEST(TrainScale, OneGammaForAllAndOneAChannel) {
  for (const bool one : {true, false})
    for (const std::int64_t channels : kChannels) {
      GraphMaker maker({channels, 3, 4, 5});
      maker.scale(-1, one);
      expect_trains(maker);
    }
}

TEST(TrainDropout, DropsItsShareAndScalesTheRest) {
  const Extents extents{20, 4, 30, 30};
  TrainKernelBench bench(one_node(extents, Dropout{.rate = 0.3F}, extents));
  for (float& x : bench.input().values()) x = 1;
  const Tensor value = bench.forward();
  double dropped = 0;
  for (const float x : value.values()) {
    if (x == 0)
      ++dropped;
    else
      EXPECT_FLOAT_EQ(x, 1 / (1 - 0.3F));
  }
  // 144 000 draws: five standard deviations are 0.006.
  EXPECT_NEAR(dropped / static_cast<double>(value.size()), 0.3, 0.006);
  const Tensor ones = bench.input();
  EXPECT_EQ(deviation(bench.backward(ones).inputs[0], value).largest, 0);
}

Tensor dropped(BenchOptions options, const std::string& name = "") {
  const Extents extents{20, 2, 6, 6};
  GraphMaker maker = one_node(extents, Dropout{.rate = 0.5F}, extents);
  if (!name.empty()) maker.graph.nodes[0].name = name;
  TrainKernelBench bench(maker, options);
  for (float& x : bench.input().values()) x = 1;
  return bench.forward();
}

TEST(TrainDropout, ItsMaskIsAFunctionOfSeedStepNameAndElement) {
  const Tensor mask = dropped({});
  EXPECT_EQ(deviation(dropped({.threads = 2}), mask).largest, 0);
  EXPECT_EQ(deviation(dropped({.type = ElementType::bf16}), mask).largest, 0);
  EXPECT_EQ(deviation(dropped({.pad_all = true, .in_place = true}), mask).largest, 0);
  EXPECT_GT(deviation(dropped({.key = {1, 3}}), mask).mean, 0.4);
  EXPECT_GT(deviation(dropped({.key = {2, 2}}), mask).mean, 0.4);
  EXPECT_GT(deviation(dropped({}, "another"), mask).mean, 0.4);
}

TEST(TrainDropout, HasGradients) {
  for (const std::int64_t channels : kChannels) {
    const Extents extents{channels, 2, 3, 4};
    expect_trains(one_node(extents, Dropout{.rate = 0.4F}, extents), {.forward = false});
  }
}

}  // namespace
}  // namespace actionflow::testing
