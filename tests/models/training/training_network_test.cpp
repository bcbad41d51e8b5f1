#include "models/training/training_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>

#include "base/error.h"
#include "base/machine/machine_limits.h"
#include "base/machine/processor.h"
#include "models/description/layers/registry.h"
#include "models/weights/initial_weights.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/networks.h"
#include "tests/models/reference.h"
#include "tests/models/training/gradient_check.h"
#include "tests/tools/child_process.h"

namespace actionflow {
namespace {

using testing::Batch;
using testing::check_gradients;
using testing::gradients_of;
using testing::network;
using testing::random_batch;

// Central differences of a loss in float32: what is left is their rounding and curvature.
constexpr double kTolerance = 0.02;

constexpr const char* kHead = "\n  - {layer: flatten}\n  - {layer: dense, units: 5, activation: softmax}\n";

TrainingNetwork training(const Architecture& architecture, TrainingOptions options = {}) {
  if (options.batch == 1) options.batch = 3;
  return TrainingNetwork(architecture, initial_weights(architecture, 7), options);
}

// `seed`: of a batch at which no ReLU turns, since a difference over the turn is no gradient.
void expect_right_gradients(const Architecture& architecture, const std::string& what,
                            const TrainingOptions& options = {}, std::uint32_t seed = 3) {
  TrainingNetwork trained = training(architecture, options);
  const auto check = check_gradients(trained, random_batch(architecture, trained.batch(), seed));
  EXPECT_LT(check.worst, kTolerance) << what << ": " << check.where;
}

// A layer's sample, ended by a dense layer on what it gives.
Architecture sample_network(const LayerKind& kind) {
  const std::string head = "{layer: flatten}, {layer: dense, units: 3, activation: softmax}]";
  const std::string layers = kind.sample.substr(0, kind.sample.size() - 1) + ", " + head;
  return parse_architecture(
      "name: net\ninput: {channels: 3, frames: 6, frame_rate: 10, height: 8, width: 8}\nlayers: " + layers +
          "\n",
      "net.yaml");
}

TEST(TrainingNetwork, EveryLayerKindsGradientIsTheDifferenceOfTheLoss) {
  for (const LayerKind& kind : layer_kinds()) expect_right_gradients(sample_network(kind), kind.name, {}, 7);
}

TEST(TrainingNetwork, GradientsOfConvolutionsAreTheDifferencesOfTheLoss) {
  for (const char* layer : {
           "{layer: conv3d, filters: 4, kernel: 3, padding: same}",
           "{layer: conv3d, filters: 16, kernel: 3, padding: same, activation: relu}",
           "{layer: conv3d, filters: 5, kernel: [1, 3, 3], stride: 2, activation: relu}",
           "{layer: conv2d, filters: 6, kernel: 3, padding: same}",
           "{layer: conv3d, filters: 8, kernel: 1, bias: false}",
           "{layer: conv3d, filters: 6, kernel: 3, padding: same, groups: 3}",
       }) {
    expect_right_gradients(network("  - " + std::string(layer) + kHead), layer);
    const std::string below =
        "  - {layer: conv3d, filters: 16, kernel: 1}\n  - {layer: conv3d, filters: 3, kernel: 1, activation: "
        "tanh}\n";
    expect_right_gradients(network(below + "  - " + layer + kHead), std::string("two below ") + layer);
  }
}

// 32 channels and more go through Winograd's products where the processor has AVX-512.
TEST(TrainingNetwork, GradientsOfWideConvolutionsAreTheDifferencesOfTheLoss) {
  for (const char* kernel : {"3, padding: same", "[3, 3, 3]", "[1, 3, 3], padding: same"}) {
    const std::string layer =
        std::string("  - {layer: conv3d, filters: 32, activation: tanh, kernel: ") + kernel + "}\n";
    expect_right_gradients(network(layer + layer + "  - {layer: average_pool3d, size: 2}" + kHead), kernel);
  }
}

constexpr const char* kReaders = R"(
  - {layer: conv3d, name: a, filters: 16, kernel: 1}
  - {layer: conv3d, name: b, from: a, filters: 16, kernel: 3, padding: same, activation: tanh}
  - {layer: add, name: s, from: [a, b]}
  - {layer: batch_norm, name: n, from: s}
  - {layer: add, name: s2, from: [n, s, a]}
  - {layer: concat, name: c, from: [s2, b, s2]}
  - {layer: multiply, name: m, from: [c, c]}
  - {layer: add, name: twice, from: [m, m]}
  - {layer: max_pool3d, name: p, from: twice, size: 2}
  - {layer: flatten, from: p}
  - {layer: dense, units: 4, activation: softmax}
)";

TEST(TrainingNetwork, GradientsOfValuesWithSeveralReadersAreSummed) {
  expect_right_gradients(network(kReaders), "a value read by sums, products and joins");
  expect_right_gradients(network(R"(
  - {layer: conv3d, name: a, filters: 8, kernel: 1}
  - {layer: batch_norm, name: n}
  - {layer: add, name: s, from: [a, n]}
  - {layer: relu, name: r}
  - {layer: conv3d, name: b, filters: 8, kernel: 3, padding: same}
  - {layer: batch_norm, name: n2}
  - {layer: add, name: s2, from: [n2, r]}
  - {layer: relu, name: r2}
  - {layer: add, name: s3, from: [r2, a]}
  - {layer: global_average_pool}
  - {layer: dense, units: 4, activation: softmax}
)"),
                         "residual blocks");
}

TEST(TrainingNetwork, OneOutputIsTrainedOnItsLogit) {
  expect_right_gradients(network("  - {layer: conv3d, filters: 8, kernel: 3}\n  - {layer: flatten}\n"
                                 "  - {layer: dense, units: 1, activation: sigmoid}\n"),
                         "sigmoid");
}

double norm(const Tensor& tensor) {
  double sum = 0;
  for (const float x : tensor.values()) sum += double{x} * x;
  return std::sqrt(sum);
}

double distance(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  return std::sqrt(sum);
}

// bf16 keeps eight bits: each value is rounded by up to 2⁻⁹ of itself, and a handful of layers add up.
// (Maxima are left out: where two values of a window round to the same, the gradient goes elsewhere.)
constexpr const char* kSmooth = R"(
  - {layer: conv3d, name: stem, filters: 16, kernel: 3, padding: same, activation: relu}
  - {layer: batch_norm, name: n}
  - {layer: conv3d, filters: 32, kernel: 3, padding: same}
  - {layer: batch_norm}
  - {layer: relu, name: a}
  - {layer: conv3d, filters: 32, kernel: 3, padding: same}
  - {layer: add, name: s, from: [conv3d_2, a]}
  - {layer: conv3d, filters: 20, kernel: 1, stride: 2, activation: silu}
  - {layer: global_average_pool}
  - {layer: dense, units: 4, activation: softmax}
)";

TEST(TrainingNetwork, GradientsInBf16LieNearThoseInF32) {
  if (!has_avx512_bf16()) GTEST_SKIP() << "this processor has no bf16";
  for (const Architecture& architecture : {network(kSmooth), testing::shipped_network("cnn_lstm")}) {
    const Batch batch = random_batch(architecture, 2, 5);
    TrainingOptions options{.batch = 2};
    TrainingNetwork exact = training(architecture, options);
    options.precision = Precision::bf16;
    TrainingNetwork half = training(architecture, options);
    double largest = 0;
    const auto expected = gradients_of(exact, batch), actual = gradients_of(half, batch);
    for (const auto& [name, gradient] : expected) largest = std::max(largest, norm(gradient));
    for (const auto& [name, gradient] : expected)
      EXPECT_LT(distance(actual.at(name), gradient), 0.1 * norm(gradient) + 1e-3 * largest)
          << architecture.name << " " << name;
  }
}

bool same_bits(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return std::memcmp(x.second.data(), y.second.data(), x.second.values().size_bytes()) == 0;
  });
}

TEST(TrainingNetwork, TheSameStepGivesTheSameBits) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_avx512_bf16()) continue;
    const Architecture architecture = testing::shipped_network("robust_3d");
    const Batch batch = random_batch(architecture, 3, 5);
    const TrainingOptions options{.precision = precision, .threads = 2, .batch = 3};
    TrainingNetwork first = training(architecture, options), second = training(architecture, options);
    const auto once = gradients_of(first, batch);
    gradients_of(second, random_batch(architecture, 3, 6));
    second.weights() = initial_weights(architecture, 7);
    EXPECT_TRUE(same_bits(once, gradients_of(second, batch)));
  }
}

constexpr const char* kPlain = R"(
  - {layer: conv3d, name: stem, filters: 6, kernel: 3, padding: same, activation: relu}
  - {layer: max_pool3d, size: 2}
  - {layer: conv3d, name: body, filters: 20, kernel: 3, activation: relu}
  - {layer: flatten}
  - {layer: dense, name: head, units: 4, activation: softmax}
)";

// Run again by itself where OpenMP gives a process one thread.
TEST(TrainingNetwork, ThreadsThatOpenMpDoesNotGiveChangeNothing) {
  if (std::getenv("OMP_THREAD_LIMIT") == nullptr) {
    testing::ChildProcess child({"env", "OMP_THREAD_LIMIT=1", std::filesystem::read_symlink("/proc/self/exe"),
                                 "--gtest_filter=TrainingNetwork.ThreadsThatOpenMpDoesNotGiveChangeNothing"});
    const std::string said = child.read_all(60);
    child.signal(SIGKILL);  // where it hangs
    EXPECT_EQ(child.wait(), 0) << said;
    return;
  }
  const Architecture architecture = network(kPlain);
  const Batch batch = random_batch(architecture, 3, 9);
  TrainingNetwork one = training(architecture), two = training(architecture, {.threads = 2, .batch = 3});
  EXPECT_TRUE(same_bits(gradients_of(one, batch), gradients_of(two, batch)));
}

Tensor clips(const Tensor& all, std::int64_t first, std::int64_t count) {
  Shape shape = all.shape();
  const std::int64_t each = all.size() / shape[0];
  shape[0] = count;
  return Tensor(shape, all.values().subspan(static_cast<std::size_t>(first * each),
                                            static_cast<std::size_t>(count * each)));
}

void expect_near(const std::map<std::string, Tensor>& actual, const std::map<std::string, Tensor>& expected) {
  for (const auto& [name, gradient] : expected)
    EXPECT_LT(testing::deviation(actual.at(name), gradient).largest, 2e-5) << name;
}

TEST(TrainingNetwork, TwoHalvesOfABatchAddUpToTheWhole) {
  const Architecture architecture = network(kPlain);
  const Batch batch = random_batch(architecture, 4, 9);
  TrainingNetwork whole = training(architecture, {.batch = 4}), halves = training(architecture, {.batch = 2});
  const auto expected = gradients_of(whole, batch);
  for (const std::int64_t first : {0, 2})
    halves.accumulate(clips(batch.input, first, 2), clips(batch.targets, first, 2), {1, 0}, 0.5F);
  std::map<std::string, Tensor> actual;
  for (const TrainedParameter& p : halves.trained())
    actual.emplace(p.name, Tensor(p.shape, std::span<const float>(p.gradient)));
  expect_near(actual, expected);
}

TEST(TrainingNetwork, AStepThatLeavesTooLittleMemoryForWhatStandsBesideItIsRefused) {
  const Architecture architecture = network(kPlain);
  const auto refusal = [&](const TrainingOptions& options) -> std::string {
    try {
      training(architecture, options);
    } catch (const ModelError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({.bytes_beside = 1}), "");
  EXPECT_THAT(refusal({.bytes_beside = usable_memory()}),
              ::testing::HasSubstr("net: a training step on 3 clips, and what stands beside it, need"));
  EXPECT_NE(refusal({.clips_beside = static_cast<std::int64_t>(usable_memory() / 1000)}), "");
}

TEST(TrainingNetwork, AShortLastBatchIsABatchOfItsOwn) {
  const Architecture architecture = network(kPlain);
  const Batch batch = random_batch(architecture, 2, 9);
  TrainingNetwork full = training(architecture, {.batch = 5}), exact = training(architecture, {.batch = 2});
  gradients_of(full, random_batch(architecture, 5, 10));
  expect_near(gradients_of(full, batch), gradients_of(exact, batch));
}

TEST(TrainingNetwork, FrozenParametersAreNotTrainedAndNothingRunsBelowThem) {
  const Architecture architecture = network(kPlain);
  const Batch batch = random_batch(architecture, 3, 9);
  TrainingNetwork all = training(architecture);
  TrainingNetwork some = training(architecture, {.batch = 3, .frozen = {"stem.*", "body.bias"}});
  std::vector<std::string> names;
  for (const TrainedParameter& p : some.trained()) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"body.kernel", "head.kernel", "head.bias"}));
  const auto expected = gradients_of(all, batch);
  for (const auto& [name, gradient] : gradients_of(some, batch))
    EXPECT_EQ(testing::deviation(gradient, expected.at(name)).largest, 0) << name;
  for (const PlanStep& step : some.measure_steps(1)) EXPECT_NE(step.name, "stem + stem.relu backward");
  EXPECT_THROW(training(architecture, {.batch = 3, .frozen = {"stam.*"}}), ModelError);
}

TEST(TrainingNetwork, OfSeveralPatternsThatMatchTheLongestSetsAParametersRate) {
  const TrainingNetwork network_of_rates =
      training(network(kPlain), {.batch = 3, .rates = {{"*", 0.5}, {"stem.*", 0.1}, {"head.bias", 2}}});
  std::map<std::string, float> rates;
  for (const TrainedParameter& p : network_of_rates.trained()) rates[p.name] = p.rate;
  EXPECT_EQ(rates, (std::map<std::string, float>{{"stem.kernel", 0.1F},
                                                 {"stem.bias", 0.1F},
                                                 {"body.kernel", 0.5F},
                                                 {"body.bias", 0.5F},
                                                 {"head.kernel", 0.5F},
                                                 {"head.bias", 2.0F}}));
  EXPECT_THROW(training(network(kPlain), {.batch = 3, .rates = {{"stam.*", 0.1}}}), ModelError);
}

constexpr const char* kNorm = R"(
  - {layer: conv3d, name: stem, filters: 16, kernel: 1}
  - {layer: batch_norm, name: norm}
  - {layer: flatten}
  - {layer: dense, name: head, units: 4, activation: softmax}
)";

TEST(TrainingNetwork, FrozenBatchNormUsesItsMovingStatisticsAndLeavesThem) {
  const Architecture architecture = network(kNorm);
  const Batch batch = random_batch(architecture, 3, 9);
  const std::vector<TrainingOptions> ways{{.batch = 3, .freeze_batch_norm = true},
                                          {.batch = 3, .frozen = {"norm.*"}}};
  for (const TrainingOptions& options : ways) {
    TrainingNetwork frozen = training(architecture, options);
    const Weights before = frozen.weights();
    const BatchResult result = frozen.accumulate(batch.input, batch.targets, {1, 0});
    for (const char* name : {"norm.moving_mean", "norm.moving_variance"})
      EXPECT_EQ(testing::deviation(frozen.weights().tensors.at(name), before.tensors.at(name)).largest, 0)
          << name;
    Graph graph = architecture.graph;
    graph.output -= 1;  // the logits
    const Tensor expected = testing::reference(graph, before.tensors, batch.input);
    EXPECT_LT(testing::deviation(result.logits, Tensor(expected).reshaped(result.logits.shape())).largest,
              1e-5);
    expect_right_gradients(architecture, "frozen batch norm", options);
  }
  TrainingNetwork moving = training(architecture);
  const Tensor before = moving.weights().tensors.at("norm.moving_mean");
  moving.accumulate(batch.input, batch.targets, {1, 0});
  EXPECT_GT(testing::deviation(moving.weights().tensors.at("norm.moving_mean"), before).mean, 0);
}

TEST(TrainingNetwork, FramesAreNormalisedAndMixed) {
  const Architecture architecture = testing::shipped_network("robust_3d");
  const Extents& in = architecture.graph.input;
  const auto frame = static_cast<std::size_t>(in.h * in.w * in.c);
  std::vector<std::uint8_t> bytes(frame * static_cast<std::size_t>(2 * in.t));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 % 251);
  std::vector<const std::uint8_t*> frames;
  for (std::size_t i = 0; i < static_cast<std::size_t>(2 * in.t); ++i) frames.push_back(&bytes[i * frame]);
  const auto value = [&](std::int64_t clip, std::int64_t c, std::int64_t rest) {
    const auto i = static_cast<std::size_t>(c);
    const InputSpec& spec = architecture.input;
    const double byte = bytes[static_cast<std::size_t>((clip * in.positions() + rest) * in.c + c)];
    return (byte / 255 * spec.range - (spec.mean.empty() ? 0 : spec.mean[i])) /
           (spec.std.empty() ? 1 : spec.std[i]);
  };
  Tensor plain({2, in.c, in.t, in.h, in.w}), mixed(plain.shape());
  for (std::int64_t c = 0; c < in.c; ++c)
    for (std::int64_t rest = 0; rest < in.positions(); ++rest)
      for (std::int64_t clip = 0; clip < 2; ++clip) {
        const std::int64_t at = (clip * in.c + c) * in.positions() + rest;
        plain[at] = static_cast<float>(value(clip, c, rest));
        mixed[at] = static_cast<float>(clip == 0 ? 0.75 * value(0, c, rest) + 0.25 * value(1, c, rest)
                                                 : value(1, c, rest));
      }
  const Tensor targets = random_batch(architecture, 2, 1).targets;
  TrainingNetwork network = training(architecture, {.batch = 2});
  const auto logits = [&](auto&&... arguments) { return network.accumulate(arguments...).logits; };
  EXPECT_LT(testing::deviation(logits(frames, targets, training::StepKey{}),
                               logits(plain, targets, training::StepKey{}))
                .largest,
            1e-4);
  const Mixing mixing{{1, 0}, {0.75F, 1.0F}};
  EXPECT_LT(testing::deviation(logits(frames, targets, training::StepKey{}, mixing),
                               logits(mixed, targets, training::StepKey{}))
                .largest,
            1e-4);
}

TEST(TrainingNetwork, WhatIsNotFiniteFirstIsNamed) {
  const Architecture architecture = network(kPlain);
  Batch batch = random_batch(architecture, 3, 9);
  TrainingNetwork trained = training(architecture);
  trained.accumulate(batch.input, batch.targets, {1, 0});
  EXPECT_EQ(trained.first_not_finite(), "");
  trained.weights().tensors.at("body.kernel").values()[3] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(trained.first_not_finite(), "body.kernel");
  trained.weights() = initial_weights(architecture, 7);
  std::fill_n(trained.weights().tensors.at("body.kernel").data(), 5, 3e38F);
  trained.accumulate(batch.input, batch.targets, {1, 0});
  EXPECT_EQ(trained.first_not_finite(), "body + body.relu");
}

// Not the batch norm above it, whose moving statistics that pass has spoiled.
TEST(TrainingNetwork, ALayerWhoseValueIsNotFiniteIsNamedBeforeTheBatchNormThatReadIt) {
  const Architecture architecture = network(kNorm);
  const Batch batch = random_batch(architecture, 3, 9);
  TrainingNetwork trained = training(architecture);
  std::ranges::fill(trained.weights().tensors.at("stem.kernel").values(), 3e38F);
  trained.accumulate(batch.input, batch.targets, {1, 0});
  EXPECT_FALSE(std::isfinite(trained.weights().tensors.at("norm.moving_mean")[0]));
  EXPECT_EQ(trained.first_not_finite(), "stem");
}

// Zeros go forward as zeros, and the sum of large gradients over positions overflows.
TEST(TrainingNetwork, AGradientThatAloneIsNotFiniteIsNamed) {
  const Architecture architecture = network(
      "  - {layer: conv3d, name: stem, filters: 16, kernel: 1}\n  - {layer: flatten}\n"
      "  - {layer: dense, name: head, units: 4, activation: softmax}\n");
  TrainingNetwork trained = training(architecture);
  Tensor& head = trained.weights().tensors.at("head.kernel");
  std::fill_n(head.data(), head.size() / 4, 3e38F);
  Tensor targets({3, 4});
  for (std::int64_t clip = 0; clip < 3; ++clip) targets[clip * 4] = 1;
  trained.accumulate(Tensor({3, 3, 6, 8, 8}), targets, {1, 0});
  EXPECT_EQ(trained.first_not_finite(), "the gradient of stem.bias");
}

TEST(TrainingNetwork, AnEndThatTheLossDoesNotFitIsAnErrorThatNamesBoth) {
  TrainingOptions options{.batch = 2};
  options.loss.kind = LossKind::sigmoid;
  EXPECT_THROW(training(network(kPlain), options), ModelError);
}

}  // namespace
}  // namespace actionflow
