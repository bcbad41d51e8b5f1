// Networks that advance along a stream: in pieces of any size they say what they say of the whole sequence.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/machine/processor.h"
#include "models/network/network.h"
#include "models/weights/initial_weights.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/networks.h"
#include "tests/models/reference.h"
#include "tests/models/tensors.h"

namespace actionflow::testing {
namespace {

// `count` samples a call; what they say against what is said of `whole` at the same place.
void expect_pieces_equal(const Network& network, Workspace& workspace, const Tensor& sequence,
                         const Tensor& whole, std::int64_t count, const std::string& what) {
  for (std::int64_t first = 0; first + count <= sequence.dim(2); first += count) {
    const Tensor said = network.predict(samples(sequence, first, count), workspace);
    const Tensor expected = samples(whole, first, count);
    ASSERT_TRUE(same_bits(said, expected)) << what << ", samples " << first << " to " << first + count - 1
                                           << ": deviation " << deviation(said, expected).largest;
  }
}

// A random causal network: convolutions, poolings, skips and concats, then a recurrence and a product.
class RandomStream {
 public:
  explicit RandomStream(std::uint32_t seed) : random_(seed), make_({draw(1, 3), kSamples, 6, 5}) {}

  GraphMaker run() {
    int value = -1;
    for (int i = 0; i < 7; ++i) value = add_one(value);
    const Extents in = make_.graph.extents(value);
    const Extents flat{in.c * in.h * in.w, in.t, 1, 1};
    value = make_.add(Reshape{flat}, {value}, flat);
    if (draw(0, 1) == 1) value = make_.dense(value, 20);
    value = make_.convolution(value, depthwise(make_.graph.extents(value).c));
    const auto cell = draw(0, 1) == 1 ? Recurrent::Cell::lstm : Recurrent::Cell::gru;
    value = make_.recurrent(value, {.cell = cell, .units = 9, .sequence = true});
    make_.dense(value, 6);
    return std::move(make_);
  }

  static constexpr std::int64_t kSamples = 21;

 private:
  int draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  Convolution depthwise(std::int64_t channels) {
    const int apart = draw(1, 4);
    return {.filters = channels,
            .kernel = {3, 1, 1},
            .dilation = {apart, 1, 1},
            .pad_begin = {2 * apart, 0, 0},
            .groups = static_cast<int>(channels)};
  }

  Convolution convolution() {
    const int time = draw(1, 3), apart = draw(1, 3), side = draw(0, 1);
    return {.filters = draw(3, 20),
            .kernel = {time, 2 * side + 1, 2 * side + 1},
            .dilation = {apart, 1, 1},
            .pad_begin = {apart * (time - 1), side, side},
            .pad_end = {0, side, side},
            .bias = draw(0, 1) == 1};
  }

  int add_one(int value) {
    switch (draw(0, 9)) {
      case 0: {  // a stage that fuses
        const int conv = make_.convolution(value, convolution());
        return make_.activation(make_.batch_norm(conv), ActivationKind::relu);
      }
      case 1: {  // a skip past a stage of as many channels
        Convolution same = convolution();
        same.filters = make_.graph.extents(value).c;
        const int conv = make_.batch_norm(make_.convolution(value, same));
        return value < 0 ? conv : make_.add(Elementwise{}, {conv, value}, make_.graph.extents(conv));
      }
      case 2: {
        const int a = make_.convolution(value, convolution()), b = make_.convolution(value, convolution());
        Extents both = make_.graph.extents(a);
        both.c += make_.graph.extents(b).c;
        return make_.add(Concat{}, {a, b}, both);
      }
      case 3:
        return make_.pooling(value, {.kernel = {3, 1, 1}, .pad_begin = {2, 0, 0}});
      case 4:
        return make_.pooling(value, {.kind = Pooling::Kind::average,
                                     .kernel = {2, 2, 2},
                                     .pad_begin = {1, 0, 0},
                                     .pad_end = {0, 1, 1},
                                     .count_padding = true});
      case 5:
        return make_.activation(make_.dense(value, draw(3, 18)), ActivationKind::silu);
      case 6:
        return make_.add(
            TimeShift{.previous = std::min<std::int64_t>(draw(1, 3), make_.graph.extents(value).c),
                      .pad_begin = 1},
            {value}, make_.graph.extents(value));
      case 7:
        return make_.scale(value, draw(0, 1) == 1);
      case 8: {  // a gate by all that was seen so far
        const Extents in = make_.graph.extents(value);
        const int now = make_.add(Reduction{.time = false}, {value}, {in.c, in.t, 1, 1});
        const int mean = make_.add(CumulativeMean{}, {now}, {in.c, in.t, 1, 1});
        const int gate = make_.activation(make_.dense(mean, in.c), ActivationKind::sigmoid);
        return make_.add(Elementwise{.kind = Elementwise::Kind::multiply}, {value, gate}, in);
      }
      default:
        return make_.convolution(value, depthwise(make_.graph.extents(value).c));
    }
  }

  std::mt19937 random_;
  GraphMaker make_;
};

TEST(Advance, InPiecesOfAnySizeSaysWhatItSaysOfTheWhole) {
  for (std::uint32_t seed = 1; seed <= 25; ++seed) {
    const GraphMaker make = RandomStream(seed).run();
    Architecture architecture = make.architecture();
    architecture.streams = true;
    const auto whole_network = Network::compile(architecture, make.weights);
    Workspace whole_workspace(*whole_network);
    const Tensor sequence = make.clip();
    const Tensor whole = whole_network->predict(sequence, whole_workspace);
    const Deviation from_reference = deviation(whole, reference(make.graph, make.weights.tensors, sequence));
    EXPECT_LT(from_reference.largest, 1e-4) << "seed " << seed;
    for (const std::int64_t count : {1, 3, 7, 21}) {
      const auto network = Network::compile(architecture, make.weights, {.samples = count});
      Workspace workspace(*network);
      expect_pieces_equal(*network, workspace, sequence, whole, count,
                          "seed " + std::to_string(seed) + ", " + std::to_string(count) + " a call");
    }
  }
}

class AirStreamAdvances : public ::testing::Test {
 protected:
  std::shared_ptr<const Network> compile(NetworkOptions options = {}) const {
    return Network::compile(architecture_, weights_, options);
  }

  Architecture architecture_ = shipped_network("air_stream");
  Weights weights_ = initial_weights(architecture_, 3);
  Tensor sequence_ = random_tensor({1, 2, 128, 48, 64}, 5);
};

TEST_F(AirStreamAdvances, SampleBySampleSaysWhatItSaysOfTheWhole) {
  std::vector<Precision> precisions{Precision::f32};
  if (has_avx512_bf16()) precisions.push_back(Precision::bf16);
  for (const Precision precision : precisions) {
    const auto whole_network = compile({.precision = precision});
    Workspace whole_workspace(*whole_network);
    const Tensor whole = whole_network->predict(sequence_, whole_workspace);
    for (const std::int64_t count : {1, 32}) {
      const auto network = compile({.precision = precision, .samples = count});
      Workspace workspace(*network);
      expect_pieces_equal(*network, workspace, sequence_, whole, count, std::to_string(count) + " a call");
    }
  }
}

TEST_F(AirStreamAdvances, ResultsDoNotDependOnThreads) {
  const auto one = compile({.samples = 4}), two = compile({.threads = 2, .samples = 4});
  Workspace a(*one), b(*two);
  for (std::int64_t first = 0; first < 16; first += 4) {
    const Tensor piece = samples(sequence_, first, 4);
    EXPECT_TRUE(same_bits(one->predict(piece, a), two->predict(piece, b)));
  }
}

TEST_F(AirStreamAdvances, BeginsAnewAfterAReset) {
  const auto network = compile({.samples = 8});
  Workspace workspace(*network);
  const Tensor first = network->predict(samples(sequence_, 0, 8), workspace);
  const Tensor later = network->predict(samples(sequence_, 0, 8), workspace);
  EXPECT_FALSE(same_bits(first, later)) << "the stream went on";
  workspace.reset();
  EXPECT_TRUE(same_bits(network->predict(samples(sequence_, 0, 8), workspace), first));
}

TEST_F(AirStreamAdvances, StreamsDoNotHearEachOther) {
  const auto network = compile({.samples = 8});
  Workspace one(*network), other(*network);
  const Tensor first = network->predict(samples(sequence_, 0, 8), one);
  network->predict(samples(sequence_, 64, 8), other);
  const Tensor second = network->predict(samples(sequence_, 8, 8), one);
  Workspace alone(*network);
  network->predict(samples(sequence_, 0, 8), alone);
  EXPECT_TRUE(same_bits(network->predict(samples(sequence_, 8, 8), alone), second));
}

// What advance() says of prepared frames is what predict() gives for their normalised values.
TEST_F(AirStreamAdvances, TellsWhichWhetherAndSinceWhen) {
  constexpr std::int64_t kCount = 4, kPlane = 48 * 64;
  std::vector<std::vector<std::uint8_t>> frames;
  Tensor plain({1, 2, kCount, 48, 64});
  std::mt19937 random(11);
  for (std::int64_t t = 0; t < kCount; ++t) {
    auto& frame = frames.emplace_back(2 * kPlane);
    for (std::int64_t i = 0; i < 2 * kPlane; ++i) {
      const auto byte = static_cast<std::uint8_t>(random() >> 24U);
      frame[static_cast<std::size_t>(i)] = byte;
      const double mean = i % 2 == 0 ? 0.5 : 0, std = i % 2 == 0 ? 0.5 : 0.16;
      plain[(i % 2 * kCount + t) * kPlane + i / 2] = static_cast<float>((byte / 255.0 - mean) / std);
    }
  }
  std::vector<const std::uint8_t*> pointers;
  for (const auto& frame : frames) pointers.push_back(frame.data());

  const auto network = compile({.samples = kCount});
  Workspace workspace(*network), other(*network);
  const std::vector<ActionScores> said = network->advance(pointers, workspace);
  const Tensor raw = network->predict(plain, other);
  ASSERT_EQ(said.size(), 4U);
  for (std::int64_t t = 0; t < kCount; ++t) {
    const ActionScores& scores = said[static_cast<std::size_t>(t)];
    ASSERT_EQ(scores.which.size(), 10U);
    double sum = 0, expected = 0;
    for (std::int64_t c = 0; c < 10; ++c) expected += std::exp(raw[c * kCount + t]);
    for (std::int64_t c = 0; c < 10; ++c) {
      sum += scores.which[static_cast<std::size_t>(c)];
      EXPECT_NEAR(scores.which[static_cast<std::size_t>(c)], std::exp(raw[c * kCount + t]) / expected, 1e-4);
    }
    EXPECT_NEAR(sum, 1, 1e-5);
    EXPECT_NEAR(scores.action, 1 / (1 + std::exp(-raw[10 * kCount + t])), 1e-4);
    EXPECT_NEAR(scores.elapsed, std::max(raw[11 * kCount + t], 0.0F), 1e-4);
  }
}

TEST_F(AirStreamAdvances, OnlyWhereItWasCompiledTo) {
  const auto network = compile();
  Workspace workspace(*network);
  EXPECT_THROW(network->advance({}, workspace), std::invalid_argument);
  EXPECT_THROW(compile({.batch = 2, .samples = 1}), std::invalid_argument);
}

// A network of windows that ends in action scores: the scores of a clip, and its classes among themselves.
TEST(ActionScores, OfAWindowMeanTheSame) {
  const Architecture architecture = network("  - {layer: flatten}\n  - action_scores\n", "classes: 3\n");
  const auto net = Network::compile(architecture, initial_weights(architecture, 1));
  Workspace workspace(*net);
  const Tensor result = net->predict(random_tensor({1, 3, 6, 8, 8}, 2), workspace);
  ASSERT_EQ(result.size(), 5);
  const std::vector<ActionScores> scores = net->action_scores(result);
  ASSERT_EQ(scores.size(), 1U);
  EXPECT_EQ(scores[0].which, net->probabilities(result));
  EXPECT_NEAR(scores[0].action, 1 / (1 + std::exp(-result[3])), 1e-6);
}

}  // namespace
}  // namespace actionflow::testing
