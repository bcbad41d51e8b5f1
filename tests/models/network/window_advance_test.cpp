// Networks over windows that advance along a stream: every window's result has the bits that the window gives
// by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/error.h"
#include "base/machine/processor.h"
#include "models/graph/window_sharing.h"
#include "models/network/network.h"
#include "models/weights/initial_weights.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/networks.h"
#include "tests/models/reference.h"
#include "tests/models/tensors.h"

namespace actionflow::testing {
namespace {

// A stream that a network advances along.
class Along {
 public:
  Along(const std::shared_ptr<const Network>& network, const Tensor& sequence)
      : network_(network), sequence_(sequence), workspace_(*network) {}

  // The result of the window that begins at `first`; further ones begin one hop later each.
  Tensor begin(std::int64_t first, std::int64_t frames) {
    const std::int64_t hop = network_->samples(), calls = (frames + hop - 1) / hop;
    next_ = first + frames - calls * hop;
    for (std::int64_t call = 1; call < calls; ++call) go_on();
    return go_on();
  }
  Tensor go_on() {
    const std::int64_t first = next_;
    next_ += network_->samples();
    return network_->predict(samples(sequence_, first, network_->samples()), workspace_);
  }

 private:
  std::shared_ptr<const Network> network_;
  const Tensor& sequence_;
  Workspace workspace_;
  std::int64_t next_ = 0;
};

// A random network that is unpadded in time up to where time ends.
class RandomWindow {
 public:
  explicit RandomWindow(std::uint32_t seed) : random_(seed), make_({draw(1, 3), draw(15, 24), 6, 5}) {}

  GraphMaker run() {
    int value = -1;
    for (int i = 0; i < 5; ++i) value = add_one(value);
    end_time(value);
    return std::move(make_);
  }

 private:
  int draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  std::int64_t time(int value) const { return make_.graph.extents(value).t; }

  Convolution convolution(int value) {
    const int side = draw(0, 1), apart = draw(1, 2);
    const int extent = time(value) > 6 ? draw(1, 3) : 1, stride = time(value) > 9 ? draw(1, 2) : 1;
    return {.filters = draw(3, 20),
            .kernel = {extent, 2 * side + 1, 2 * side + 1},
            .stride = {stride, 1, 1},
            .dilation = {apart, 1, 1},
            .pad_begin = {0, side, side},
            .pad_end = {0, side, side},
            .bias = draw(0, 1) == 1};
  }

  int add_one(int value) {
    switch (draw(0, 8)) {
      case 0:
        return make_.activation(make_.batch_norm(make_.convolution(value, convolution(value))),
                                ActivationKind::relu);
      case 1: {  // a skip past a stage that looks at each sample by itself
        Convolution frame = convolution(value);
        frame.filters = make_.graph.extents(value).c;
        frame.kernel[0] = frame.stride[0] = 1;
        const int conv = make_.batch_norm(make_.convolution(value, frame));
        return value < 0 ? conv : make_.add(Elementwise{}, {conv, value}, make_.graph.extents(conv));
      }
      case 2:
        return branches(value);
      case 3: {
        const int extent = time(value) > 6 ? draw(1, 3) : 1, stride = time(value) > 9 ? draw(1, 2) : 1;
        return make_.pooling(value, {.kernel = {extent, 1, 1}, .stride = {stride, 1, 1}});
      }
      case 4:
        return make_.pooling(value, {.kind = Pooling::Kind::average,
                                     .kernel = {time(value) > 6 ? 2 : 1, 2, 2},
                                     .pad_end = {0, 1, 1}});
      case 5:
        return make_.activation(make_.dense(value, draw(3, 18)), ActivationKind::silu);
      case 6: {
        const auto channels = make_.graph.extents(value).c;
        return make_.convolution(value, {.filters = channels,
                                         .kernel = {time(value) > 6 ? 3 : 1, 3, 3},
                                         .pad_begin = {0, 1, 1},
                                         .pad_end = {0, 1, 1},
                                         .groups = static_cast<int>(channels)});
      }
      case 7:
        return lower_rate(value);
      default:
        return make_.convolution(value, convolution(value));
    }
  }

  int lower_rate(int value) {
    if (time(value) <= 9) return value;
    SelectFrames half{{}};
    for (int t = 0; t < time(value); t += 2) half.frames.push_back(t);
    Extents out = make_.graph.extents(value);
    out.t = static_cast<std::int64_t>(half.frames.size());
    return make_.add(half, {value}, out);
  }

  // Of as many steps, the one seeing more samples than the other.
  int branches(int value) {
    Convolution near = convolution(value), far = near;
    near.dilation[0] = far.dilation[0] = 1;
    const std::int64_t rest = (time(value) - near.kernel[0]) % near.stride[0];
    far.kernel[0] += static_cast<int>(rest);
    far.filters = draw(3, 12);
    const int a = make_.convolution(value, near), b = make_.convolution(value, far);
    Extents both = make_.graph.extents(a);
    both.c += make_.graph.extents(b).c;
    return make_.add(Concat{}, {a, b}, both);
  }

  void end_time(int value) {
    if (draw(0, 3) == 0) value = squeeze_excite(value);
    const Extents in = make_.graph.extents(value);
    switch (draw(0, 4)) {
      case 0:
        value = make_.add(Reduction{}, {value}, {in.c, 1, 1, 1});
        break;
      case 1:
        value = make_.flatten(value);
        break;
      case 2: {
        const int vectors = make_.add(Reduction{.time = false}, {value}, {in.c, in.t, 1, 1});
        value = make_.recurrent(vectors, {.units = 9});
        const int back = make_.recurrent(vectors, {.units = 9, .backward = true});
        value = make_.add(Concat{}, {value, back}, {18, 1, 1, 1});
        break;
      }
      case 3:
        value = make_.flatten(make_.add(SelectFrames{{draw(0, 1) * static_cast<int>(in.t - 1)}}, {value},
                                        {in.c, 1, in.h, in.w}));
        break;
      default: {  // a padded convolution, then the maximum over time
        const Convolution padded{
            .filters = 7, .kernel = {3, 1, 1}, .pad_begin = {1, 0, 0}, .pad_end = {1, 0, 0}};
        value = make_.add(Reduction{.kind = Reduction::Kind::max}, {make_.convolution(value, padded)},
                          {7, 1, 1, 1});
      }
    }
    make_.dense(value, 4);
  }

  int squeeze_excite(int value) {
    const Extents in = make_.graph.extents(value);
    if (value < 0) return value;
    const int mean = make_.add(Reduction{}, {value}, {in.c, 1, 1, 1});
    const int gate = make_.activation(make_.dense(mean, in.c), ActivationKind::sigmoid);
    return make_.add(Elementwise{.kind = Elementwise::Kind::multiply}, {value, gate}, in);
  }

  std::mt19937 random_;
  GraphMaker make_;
};

std::vector<Precision> precisions() {
  std::vector<Precision> list{Precision::f32};
  if (has_avx512_bf16()) list.push_back(Precision::bf16);
  return list;
}

// All windows of `sequence` that begin `hop` samples apart, advancing and by themselves.
void expect_windows_equal(const Architecture& architecture, const Weights& weights, const Tensor& sequence,
                          std::int64_t hop, Precision precision, const std::string& what) {
  const auto whole = Network::compile(architecture, weights, {.precision = precision});
  const auto advancing = Network::compile(architecture, weights, {.precision = precision, .samples = hop});
  Workspace workspace(*whole);
  Along stream(advancing, sequence);
  const std::int64_t frames = architecture.input.frames;
  for (std::int64_t first = 0; first + frames <= sequence.dim(2); first += hop) {
    const Tensor said = first == 0 ? stream.begin(0, frames) : stream.go_on();
    const Tensor expected = whole->predict(samples(sequence, first, frames), workspace);
    ASSERT_TRUE(same_bits(said, expected))
        << what << ", window at " << first << ": deviation " << deviation(said, expected).largest;
  }
}

TEST(WindowAdvance, HasTheBitsOfWholeWindows) {
  int advanced = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    const GraphMaker make = RandomWindow(seed).run();
    const Architecture architecture = make.architecture();
    const Extents& in = make.graph.input;
    const Tensor sequence = random_tensor({1, in.c, in.t + 14, in.h, in.w}, seed);
    for (const std::int64_t hop : {1, 2, 4, 7, 8}) {
      if (!why_nothing_shared(make.graph, hop).empty()) continue;
      ++advanced;
      for (const Precision precision : precisions())
        expect_windows_equal(architecture, make.weights, sequence, hop, precision,
                             "seed " + std::to_string(seed) + ", hop " + std::to_string(hop));
    }
  }
  EXPECT_GT(advanced, 100);
}

struct Shipped {
  const char* name;
  std::int64_t hop;
  const char* side = nullptr;  // of its pictures, where they are made smaller
};

TEST(WindowAdvance, OfShippedNetworksHasTheBitsOfWholeWindows) {
  for (const auto& [name, hop, side] :
       {Shipped{"cnn_lstm", 1, "48"}, Shipped{"action_cnn_lstm", 5}, Shipped{"air_cnn_lstm", 2},
        Shipped{"action_cnn3d_valid", 4}, Shipped{"mc3_18_valid", 4, "48"}, Shipped{"lrcn_r18", 1, "48"}}) {
    std::vector<config::Override> smaller;
    if (side != nullptr) smaller = {{"input.height", side}, {"input.width", side}};
    const Architecture architecture =
        load_architecture(project_root() / "configs/models" / (std::string(name) + ".yaml"), smaller);
    const InputSpec& in = architecture.input;
    const Tensor sequence = random_tensor({1, in.channels, in.frames + 2 * hop, in.height, in.width}, 3);
    for (const Precision precision : precisions())
      expect_windows_equal(architecture, initial_weights(architecture, 1), sequence, hop, precision, name);
  }
}

class CnnLstmAdvances : public ::testing::Test {
 protected:
  std::shared_ptr<const Network> compile(NetworkOptions options) const {
    return Network::compile(architecture_, weights_, options);
  }

  Architecture architecture_ = network(
      "  - {layer: conv3d, filters: 16, kernel: 3, padding: [0, 1, 1], activation: relu}\n"
      "  - {layer: global_average_pool, over: space}\n  - {layer: lstm, units: 8}\n",
      "classes: 8\n");
  Weights weights_ = initial_weights(architecture_, 2);
  Tensor sequence_ = random_tensor({1, 3, 20, 8, 8}, 4), other_ = random_tensor({1, 3, 20, 8, 8}, 5);
};

TEST_F(CnnLstmAdvances, StreamsDoNotHearEachOther) {
  const auto network = compile({.samples = 2});
  Along one(network, sequence_), two(network, other_), alone(network, sequence_);
  one.begin(0, 6);
  two.begin(0, 6);
  alone.begin(0, 6);
  EXPECT_TRUE(same_bits(one.go_on(), alone.go_on()));
}

TEST_F(CnnLstmAdvances, BeginsAnywhereWhateverWasBefore) {
  const auto network = compile({.samples = 3});
  Along used(network, sequence_), fresh(network, sequence_);
  used.begin(0, 6);
  EXPECT_TRUE(same_bits(used.begin(9, 6), fresh.begin(9, 6)));
}

TEST_F(CnnLstmAdvances, ResultsDoNotDependOnThreads) {
  const auto one = compile({.samples = 2}), two = compile({.threads = 2, .samples = 2});
  Along a(one, sequence_), b(two, sequence_);
  EXPECT_TRUE(same_bits(a.begin(0, 6), b.begin(0, 6)));
  EXPECT_TRUE(same_bits(a.go_on(), b.go_on()));
}

// Frames are taken in without a result as with one.
TEST_F(CnnLstmAdvances, WhatIsTakenInCounts) {
  std::vector<std::vector<std::uint8_t>> frames;
  std::mt19937 random(3);
  for (int t = 0; t < 6; ++t) {
    auto& frame = frames.emplace_back(3 * 8 * 8);
    for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random() >> 24U);
  }
  std::vector<const std::uint8_t*> pointers;
  for (const auto& frame : frames) pointers.push_back(frame.data());
  const std::span<const std::uint8_t* const> all(pointers);

  const auto whole = compile({}), network = compile({.samples = 3});
  Workspace for_whole(*whole), workspace(*network);
  network->take_in(all.first(3), workspace);
  EXPECT_TRUE(same_bits(network->run(all.last(3), workspace), whole->run(all, for_whole)));
  EXPECT_THROW(whole->take_in(all, for_whole), std::invalid_argument);
}

TEST(WindowAdvance, IsRefusedWhereNothingIsShared) {
  const Architecture architecture = shipped_network("robust_3d");
  try {
    Network::compile(architecture, initial_weights(architecture, 1), {.samples = 1});
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("'robust_3d' begins with 'stage1.conv', which pads"),
              std::string::npos)
        << error.what();
  }
}

// One channel in time: y(s) = Σ w(k)·x(s·stride + k − 1), pieces of `hop` new values after what was, nothing
// behind them.
std::vector<float> in_pieces(const std::vector<float>& x, std::size_t hop, std::size_t stride,
                             const std::array<float, 3>& w) {
  std::vector<float> y;
  for (std::size_t s = 0; s * stride < x.size(); ++s) {
    const std::size_t at = s * stride, end = (at / hop + 1) * hop;
    const float before = at == 0 ? 0 : x[at - 1], after = at + 1 < end ? x[at + 1] : 0;
    y.push_back(w[0] * before + w[1] * x[at] + w[2] * after);
  }
  return y;
}

TEST(WindowAdvance, ApproximatelyPadsWhatIsNewOnly) {
  constexpr std::int64_t kFrames = 12, kHop = 4, kPieces = 9;
  GraphMaker make({1, kFrames, 1, 1});
  Convolution first{
      .filters = 1, .kernel = {3, 1, 1}, .pad_begin = {1, 0, 0}, .pad_end = {1, 0, 0}, .bias = false};
  Convolution second = first;
  second.stride = {2, 1, 1};
  make.convolution(make.convolution(-1, first), second);
  Architecture architecture = make.architecture();
  const Weights& weights = make.weights;
  const auto network =
      Network::compile(architecture, weights, {.samples = kHop, .sharing = Sharing::approximate});
  std::vector<std::array<float, 3>> kernels;
  for (const GraphNode& node : architecture.graph.nodes) {
    const auto values = weights.tensors.at(node.parameters.front().name).values();
    kernels.push_back({values[0], values[1], values[2]});
  }
  std::vector<float> stream;
  for (int i = 0; i < kHop * kPieces; ++i) stream.push_back(static_cast<float>((i * 7 + 3) % 11) - 5);
  const std::vector<float> expected = in_pieces(in_pieces(stream, kHop, 1, kernels[0]), kHop, 2, kernels[1]);

  Workspace workspace(*network);
  for (std::int64_t piece = 0; piece < kPieces; ++piece) {
    Tensor input({1, 1, kHop, 1, 1});
    std::copy_n(stream.begin() + piece * kHop, kHop, input.values().begin());
    const Tensor result = network->predict(input, workspace);
    if (piece * kHop + kHop < kFrames) continue;
    const std::size_t end = static_cast<std::size_t>((piece + 1) * kHop / 2), steps = kFrames / 2;
    ASSERT_EQ(result.values().size(), steps);
    for (std::size_t i = 0; i < steps; ++i)
      EXPECT_NEAR(result.values()[i], expected[end - steps + i], 1e-4) << piece << " " << i;
  }
}

}  // namespace
}  // namespace actionflow::testing
