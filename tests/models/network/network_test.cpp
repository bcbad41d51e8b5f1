// Whole networks: fusing, memory, threads, cuts, and what compile() refuses.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <thread>

#include "base/error.h"
#include "base/machine/processor.h"
#include "models/weights/initial_weights.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Convolution same3(std::int64_t filters) {
  return {.filters = filters, .kernel = {3, 3, 3}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}};
}

GraphMaker residual_network() {
  GraphMaker maker({3, 6, 14, 14});
  int x = maker.activation(maker.batch_norm(maker.convolution(-1, same3(24))), ActivationKind::relu);
  for (const std::int64_t filters : {24, 24, 40}) {
    int y = maker.activation(maker.batch_norm(maker.convolution(x, same3(filters))), ActivationKind::relu);
    y = maker.batch_norm(maker.convolution(y, same3(filters)));
    if (maker.graph.extents(x).c != filters)
      x = maker.batch_norm(maker.convolution(x, {.filters = filters, .kernel = {1, 1, 1}, .bias = false}));
    x = maker.activation(maker.add(Elementwise{}, {y, x}, maker.graph.extents(y)), ActivationKind::relu);
  }
  x = maker.add(Reduction{}, {x}, {40, 1, 1, 1});
  maker.dense(x, 12);
  return maker;
}

GraphMaker seed_network() {
  GraphMaker maker({3, 10, 32, 32});
  int x = -1;
  for (const std::int64_t filters : {16, 32}) {
    x = maker.batch_norm(maker.activation(maker.convolution(x, same3(filters)), ActivationKind::relu));
    x = maker.pooling(x, {.kernel = {2, 2, 2}, .stride = {2, 2, 2}});
  }
  x = maker.flatten(x);
  x = maker.add(Dropout{}, {x}, maker.graph.extents(x));
  maker.activation(maker.dense(x, 10), ActivationKind::softmax);
  return maker;
}

GraphMaker recurrent_network() {
  GraphMaker maker({1, 8, 20, 20});
  int x = maker.convolution(
      -1, {.filters = 12, .kernel = {3, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}});
  x = maker.pooling(maker.activation(x, ActivationKind::relu), {.kernel = {1, 2, 2}, .stride = {1, 2, 2}});
  x = maker.add(Reduction{.time = false}, {x}, {12, 6, 1, 1});
  x = maker.recurrent(x, {.units = 20});
  maker.activation(maker.dense(x, 5), ActivationKind::softmax);
  return maker;
}

GraphMaker branched_network() {
  GraphMaker maker({1, 6, 16, 16});
  int a = maker.activation(maker.convolution(-1, same3(8)), ActivationKind::relu);
  a = maker.add(Reduction{.kind = Reduction::Kind::max, .space = false}, {a}, {8, 1, 16, 16});
  int b = maker.add(SelectFrames{}, {-1}, {1, 1, 16, 16});
  b = maker.convolution(b,
                        {.filters = 10, .kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}});
  b = maker.activation(b, ActivationKind::relu);
  int x = maker.add(Concat{}, {a, b}, {18, 1, 16, 16});
  x = maker.convolution(x, {.filters = 9, .kernel = {1, 3, 3}});
  x = maker.add(Reduction{}, {x}, {9, 1, 1, 1});
  maker.activation(maker.dense(x, 5), ActivationKind::softmax);
  return maker;
}

std::shared_ptr<const Network> compile(const GraphMaker& maker, const NetworkOptions& options = {},
                                       Cut cut = Cut::none) {
  return Network::compile(maker.architecture(), maker.weights, options, cut);
}

std::vector<float> predict(const Network& network, const Tensor& clip) {
  Workspace workspace(network);
  const Tensor result = network.predict(clip, workspace);
  return {result.values().begin(), result.values().end()};
}

// Prepared frames as a window gives them.
struct Frames {
  explicit Frames(const Extents& e) {
    for (std::int64_t t = 0; t < e.t; ++t) {
      bytes.emplace_back(static_cast<std::size_t>(e.c * e.h * e.w));
      for (std::size_t i = 0; i < bytes.back().size(); ++i)
        bytes.back()[i] = static_cast<std::uint8_t>((i * 37 + static_cast<std::size_t>(t) * 101) % 251);
    }
    for (const auto& frame : bytes) pointers.push_back(frame.data());
  }
  std::vector<std::vector<std::uint8_t>> bytes;
  std::vector<const std::uint8_t*> pointers;
};

TEST(Network, FusedNetworksEqualTheReference) {
  for (const GraphMaker& maker :
       {residual_network(), seed_network(), recurrent_network(), branched_network()})
    for (const std::int64_t batch : {1, 2}) {
      const Tensor clip = maker.clip(batch);
      const auto network = compile(maker, {.threads = 2, .batch = batch});
      Workspace workspace(*network);
      const Tensor expected = reference(maker.graph, maker.weights.tensors, clip);
      EXPECT_LE(deviation(network->predict(clip, workspace), expected).largest, 1e-5);
      EXPECT_LE(deviation(network->predict(clip, workspace), expected).largest, 1e-5) << "run again";
    }
}

TEST(Network, Bf16StaysNearTheReferenceAndDoesNotDependOnThreads) {
  if (!has_avx512_bf16()) GTEST_SKIP() << "this processor has no AVX512-BF16";
  for (const GraphMaker& maker :
       {residual_network(), seed_network(), recurrent_network(), branched_network()}) {
    const Tensor clip = maker.clip(), expected = reference(maker.graph, maker.weights.tensors, clip);
    const auto one = compile(maker, {.precision = Precision::bf16, .threads = 1});
    const auto two = compile(maker, {.precision = Precision::bf16, .threads = 2});
    Workspace workspace(*one);
    EXPECT_LE(deviation(one->predict(clip, workspace), expected).largest, 0.03);
    EXPECT_EQ(predict(*one, clip), predict(*two, clip));
  }
}

TEST(Network, Bf16IsRefusedWhereTheProcessorLacksIt) {
  if (has_avx512_bf16()) GTEST_SKIP() << "this processor has AVX512-BF16";
  EXPECT_THROW(compile(seed_network(), {.precision = Precision::bf16}), UsageError);
}

TEST(Network, BatchNormActivationAndSumRunInsideTheirConvolution) {
  const auto network = compile(residual_network());
  for (const PlanStep& step : network->measure_plan(1)) {
    EXPECT_NE(step.kind, "batch norm") << step.name;
    EXPECT_NE(step.kind, "activation") << step.name;
    EXPECT_EQ(step.implementation.find("ref"), std::string::npos) << step.name;
  }
}

// What ACTIONFLOW_ISA hides is hidden from oneDNN, too: else runs under it would test nothing.
TEST(Network, UsesOnlyTheInstructionsThatAreAllowed) {
  for (const GraphMaker& maker : {residual_network(), seed_network(), recurrent_network()})
    for (const PlanStep& step : compile(maker)->measure_plan(1)) {
      if (!has_avx512()) {
        EXPECT_THAT(step.implementation, Not(HasSubstr("avx512"))) << step.name;
      }
      if (!has_avx2()) {
        EXPECT_THAT(step.implementation, Not(HasSubstr("avx"))) << step.name;
      }
    }
}

TEST(Network, APlansStepsTellWhatTheirKernelsWereChosenFrom) {
  for (const PlanStep& step : compile(residual_network())->measure_plan(1)) {
    std::vector<std::string> names;
    for (const kernels::MeasuredCandidate& one : step.candidates) names.push_back(one.name);
    if (step.kind == "convolution")
      EXPECT_EQ(names,
                (std::vector<std::string>{"depthwise", "winograd", "winograd exact in time", "indirect",
                                          "onednn", "indirect otherwise", "onednn reference", "direct"}));
    else
      EXPECT_TRUE(names.empty()) << step.name;
  }
}

TEST(Network, ResultsDoNotDependOnTheNumberOfThreads) {
  for (const GraphMaker& maker :
       {residual_network(), seed_network(), recurrent_network(), branched_network()}) {
    const Tensor clip = maker.clip();
    EXPECT_EQ(predict(*compile(maker, {.threads = 1}), clip), predict(*compile(maker, {.threads = 2}), clip));
  }
}

TEST(Network, WorkspacesRunAtTheSameTimeWithoutMixing) {
  const GraphMaker maker = residual_network();
  const auto network = compile(maker);
  const Tensor clips[2]{maker.clip(1, 3), maker.clip(1, 4)};
  const std::vector<float> expected[2]{predict(*network, clips[0]), predict(*network, clips[1])};
  ASSERT_NE(expected[0], expected[1]);
  bool equal[2]{true, true};
  std::thread threads[2];
  for (std::size_t i = 0; i < 2; ++i)
    threads[i] = std::thread([&, i] {
      for (int run = 0; run < 20; ++run) equal[i] = equal[i] && predict(*network, clips[i]) == expected[i];
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(equal[0]);
  EXPECT_TRUE(equal[1]);
}

// Runs the parts by hand and compares with the network that was not cut.
void expect_parts_equal_the_whole(const GraphMaker& maker, Cut cut, std::size_t parts) {
  const Frames frames(maker.graph.input);
  const auto whole = compile(maker), cut_up = compile(maker, {}, cut);
  Workspace whole_workspace(*whole), workspace(*cut_up);
  ASSERT_EQ(cut_up->parts().size(), parts);
  std::vector<Activations> results;
  for (const PartInfo& part : cut_up->parts()) {
    const int index = static_cast<int>(results.size());
    std::vector<const Activations*> inputs;
    for (const int input : part.inputs)
      if (input >= 0) inputs.push_back(&results[static_cast<std::size_t>(input)]);
    results.push_back(inputs.empty() ? cut_up->run_first(index, frames.pointers, workspace)
                                     : cut_up->run_part(index, inputs, workspace));
  }
  EXPECT_EQ(cut_up->probabilities(results.back()), whole->classify(frames.pointers, whole_workspace));
  EXPECT_EQ(cut_up->classify(frames.pointers, workspace), whole->classify(frames.pointers, whole_workspace));
}

TEST(Network, PartsTellWhatTheirStepsReachInTime) {
  const Architecture architecture =
      load_architecture(std::string(ACTIONFLOW_ROOT) + "/configs/models/cnn_lstm.yaml");
  const auto network =
      Network::compile(architecture, initial_weights(architecture, 1), {}, Cut::before_recurrent);
  ASSERT_EQ(network->parts().size(), 2U);
  EXPECT_TRUE(network->parts()[0].per_sample);
  EXPECT_EQ(network->parts()[0].time_stride, 1);
  EXPECT_EQ(network->parts()[0].time_extent, 5);  // two kernels of 3
  EXPECT_FALSE(network->parts()[1].per_sample);
}

TEST(Network, PartsEqualTheWholeToTheBit) {
  expect_parts_equal_the_whole(recurrent_network(), Cut::before_recurrent, 2);
  expect_parts_equal_the_whole(branched_network(), Cut::branches, 3);
}

TEST(Network, BytesAreRangedAndNormalisedOnEntry) {
  const GraphMaker maker = residual_network();
  Architecture architecture = maker.architecture();
  architecture.input.range = 1;
  architecture.input.mean = {0.43, 0.39, 0.38};
  architecture.input.std = {0.23, 0.22, 0.21};
  const Frames frames(maker.graph.input);
  const Extents& e = maker.graph.input;
  Tensor clip({1, e.c, e.t, e.h, e.w});
  for (std::int64_t c = 0; c < e.c; ++c)
    for (std::int64_t t = 0; t < e.t; ++t)
      for (std::int64_t p = 0; p < e.h * e.w; ++p) {
        const auto channel = static_cast<std::size_t>(c);
        const double value = frames.bytes[static_cast<std::size_t>(t)][static_cast<std::size_t>(p * e.c + c)];
        clip[(c * e.t + t) * e.h * e.w + p] = static_cast<float>(
            (value / 255 - architecture.input.mean[channel]) / architecture.input.std[channel]);
      }
  const auto network = Network::compile(architecture, maker.weights);
  Workspace workspace(*network);
  const std::vector<float> from_bytes = network->classify(frames.pointers, workspace);
  const std::vector<float> from_floats = network->probabilities(network->predict(clip, workspace));
  for (std::size_t i = 0; i < from_bytes.size(); ++i) EXPECT_NEAR(from_bytes[i], from_floats[i], 1e-5);
}

TEST(Network, ProbabilitiesComeOfWhateverTheNetworkEndsIn) {
  GraphMaker logits({4, 1, 1, 1});
  logits.add(Dropout{}, {-1}, {4, 1, 1, 1});
  const auto scores = compile(logits)->probabilities(Tensor({1, 4, 1, 1, 1}, std::vector<float>{0, 1, 2, 3}));
  EXPECT_NEAR(scores[3], 0.643914, 1e-5);  // e³ / (1 + e + e² + e³)
  GraphMaker one({1, 1, 1, 1});
  one.activation(-1, ActivationKind::sigmoid);
  const Tensor quarter({1, 1, 1, 1, 1}, std::vector<float>{0.25F});
  Architecture ends_in_one = one.architecture();
  ends_in_one.classes = {"rest", "fall"};
  EXPECT_EQ(Network::compile(ends_in_one, one.weights)->probabilities(quarter),
            (std::vector<float>{0.75F, 0.25F}));
  ends_in_one.classes = {"fall"};
  EXPECT_EQ(Network::compile(ends_in_one, one.weights)->probabilities(quarter), std::vector<float>{0.25F});
  GraphMaker certain({1, 1, 1, 1});
  certain.activation(-1, ActivationKind::softmax);
  ends_in_one.graph = certain.graph;
  const Tensor whole({1, 1, 1, 1, 1}, std::vector<float>{1});
  EXPECT_EQ(Network::compile(ends_in_one, {})->probabilities(whole), std::vector<float>{1});
  GraphMaker labels({2, 1, 1, 1});
  labels.activation(-1, ActivationKind::sigmoid);
  const std::vector<float> both{0.75F, 0.5F};
  EXPECT_EQ(compile(labels)->probabilities(Tensor({1, 2, 1, 1, 1}, both)), both);
}

// As network.h states it, a clip, a position and a class at a time.
std::vector<float> plain_probabilities(const Tensor& values, const std::string& end, bool two_classes) {
  const std::int64_t clips = values.dim(0), channels = values.dim(1),
                     positions = values.size() / (clips * channels), classes = two_classes ? 2 : channels;
  std::vector<float> scores(static_cast<std::size_t>(clips * classes * positions));
  for (std::int64_t n = 0; n < clips; ++n)
    for (std::int64_t p = 0; p < positions; ++p)
      for (std::int64_t k = 0; k < classes; ++k) {
        const auto value = [&](std::int64_t c) { return double{values[(n * channels + c) * positions + p]}; };
        double score = value(two_classes ? 0 : k);
        if (end == "logits" && two_classes) score = 1 / (1 + std::exp(-score));
        if (two_classes && k == 0) score = 1 - score;
        if (end == "logits" && !two_classes) {
          double sum = 0;
          for (std::int64_t c = 0; c < channels; ++c) sum += std::exp(value(c));
          score = std::exp(score) / sum;
        }
        scores[static_cast<std::size_t>((n * classes + k) * positions + p)] = static_cast<float>(score);
      }
  return scores;
}

// Ends of one network: what its last nodes are, and whether they give scores already.
GraphMaker ending_in(const std::string& end, const Extents& extents) {
  GraphMaker maker(extents);
  int x = -1;
  if (end == "softmax" || end == "softmax, dropout") x = maker.activation(x, ActivationKind::softmax);
  if (end == "sigmoid" || end == "mean of sigmoids") x = maker.activation(x, ActivationKind::sigmoid);
  if (end == "hard sigmoid") x = maker.activation(x, ActivationKind::hard_sigmoid);
  if (end == "mean of sigmoids") maker.add(Elementwise{.scale = 0.5F}, {x, x}, extents);
  if (end == "softmax, dropout" || end == "logits") maker.add(Dropout{}, {x}, extents);
  return maker;
}

TEST(Network, ProbabilitiesOfABatchAreThoseOfEachClipAndStep) {
  for (const std::string end :
       {"softmax", "sigmoid", "hard sigmoid", "softmax, dropout", "mean of sigmoids", "logits"})
    for (const std::int64_t channels : {1, 2, 5})
      for (const std::int64_t steps : {1, 3})
        for (const std::int64_t clips : {1, 2, 3})
          for (const bool two_classes : {false, true}) {
            if (two_classes && (channels > 1 || end.starts_with("softmax"))) continue;
            SCOPED_TRACE(fmt::format("{} of {} channels, {} steps, {} clips, {}", end, channels, steps, clips,
                                     two_classes));
            const GraphMaker maker = ending_in(end, {channels, steps, 1, 1});
            Architecture architecture = maker.architecture();
            architecture.classes.assign(static_cast<std::size_t>(two_classes ? 2 : channels), "class");
            const auto network = Network::compile(architecture, maker.weights, {.batch = clips});
            Workspace workspace(*network);
            const Tensor result =
                network->predict(random_tensor({clips, channels, steps, 1, 1}, 5), workspace);
            const std::vector<float> scores = network->probabilities(result),
                                     expected = plain_probabilities(result, end, two_classes);
            ASSERT_EQ(scores.size(), expected.size());
            for (std::size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], expected[i], 1e-6) << i;
          }
}

TEST(Network, ScoresThatAreNotFiniteAreAnErrorNoAnswer) {
  GraphMaker logits({3, 1, 1, 1});
  logits.add(Dropout{}, {-1}, {3, 1, 1, 1});
  const auto network = compile(logits);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const Tensor scores({1, 3, 1, 1, 1}, std::vector<float>{0, bad, 1});
    EXPECT_THROW(network->probabilities(scores), ModelError);
  }
}

TEST(Network, RefusesWhatCannotRunAndNamesIt) {
  GraphMaker maker = seed_network();
  Weights missing = maker.weights;
  missing.tensors.erase("layer_4.kernel");
  try {
    Network::compile(maker.architecture(), missing);
    FAIL() << "compiled without a kernel";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("layer_4"), std::string::npos) << error.what();
  }
  GraphMaker vast({3, 1 << 30, 1 << 20, 1 << 20});
  vast.activation(-1, ActivationKind::relu);
  EXPECT_THROW(compile(vast), ModelError);
  GraphMaker large({3, 1 << 12, 1 << 12, 1 << 12});
  large.convolution(-1, same3(16));
  EXPECT_THROW(compile(large), ModelError);
  const auto network = compile(maker);
  Workspace workspace(*network);
  EXPECT_THROW(network->predict(Tensor({1, 3, 9, 32, 32}), workspace), ModelError);
}

}  // namespace
}  // namespace actionflow::testing
