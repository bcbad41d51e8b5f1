#include "nodes/kinds/carried_network.h"

#include <gtest/gtest.h>

#include <random>

#include "models/weights/initial_weights.h"

namespace actionflow {
namespace {

constexpr const char* kStream = R"(
input: {channels: 3, frames: 8, frame_rate: 10, height: 8, width: 8}
streams: true
classes: 3
layers:
  - {layer: conv3d, filters: 4, kernel: 3, padding: causal, activation: relu}
  - {layer: global_average_pool, over: space}
  - {layer: gru, units: 5, sequence: true}
  - action_scores
)";

constexpr const char* kWindows = R"(
input: {channels: 3, frames: 8, frame_rate: 10, height: 8, width: 8}
classes: 3
layers:
  - {layer: conv3d, filters: 4, kernel: 3, padding: [0, 1, 1], activation: relu}
  - {layer: max_pool3d, size: [2, 1, 1]}
  - {layer: global_average_pool, over: space}
  - {layer: lstm, units: 5}
  - {layer: dense, units: classes}
)";

std::shared_ptr<LoadedNetwork> load(const char* text, std::uint64_t seed, std::int64_t samples) {
  const Architecture architecture = parse_architecture(text, "network");
  return std::make_shared<LoadedNetwork>(
      Network::compile(architecture, initial_weights(architecture, seed), {.samples = samples}),
      std::nullopt);
}

// Samples [first, first + count) of a stream of noise.
class Noise {
 public:
  Noise(std::int64_t first, std::int64_t count, std::uint32_t seed = 0) {
    for (std::int64_t k = first; k < first + count; ++k) {
      std::mt19937 random(static_cast<std::uint32_t>(k) + 1000 * seed);
      auto& frame = frames_.emplace_back(3 * 8 * 8);
      for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random() >> 24U);
    }
    for (const auto& frame : frames_) pointers_.push_back(frame.data());
  }
  std::span<const std::uint8_t* const> pointers() const { return pointers_; }

 private:
  std::vector<std::vector<std::uint8_t>> frames_;
  std::vector<const std::uint8_t*> pointers_;
};

std::vector<float> values(const Tensor& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

class Carried : public ::testing::Test {
 protected:
  // Of sample k of the stream.
  std::vector<float> hear(CarriedNetwork& carried, int k, std::int64_t segment = 0) {
    return values(carried.advance(network_, {segment, k}, Noise(k, 1).pointers()));
  }

  std::shared_ptr<LoadedNetwork> network_ = load(kStream, 1, 1);
  CarriedNetwork carried_, fresh_;
};

TEST_F(Carried, GoesOnFromWhatTheClipBeforeLeft) {
  hear(carried_, 0);
  EXPECT_NE(hear(carried_, 1), hear(fresh_, 1));
}

TEST_F(Carried, BeginsAnewAtANewSegment) {
  hear(carried_, 0, 0);
  EXPECT_EQ(hear(carried_, 1, 1), hear(fresh_, 1));
  EXPECT_EQ(hear(carried_, 2, 1), hear(fresh_, 2));
}

TEST_F(Carried, BeginsAnewAfterAMissingClip) {
  hear(carried_, 0);
  EXPECT_EQ(hear(carried_, 2), hear(fresh_, 2));
}

TEST_F(Carried, BeginsAnewAfterAFailure) {
  hear(carried_, 0);
  carried_.lose();
  EXPECT_EQ(hear(carried_, 1), hear(fresh_, 1));
}

TEST_F(Carried, BeginsAnewWithAnotherNetwork) {
  hear(carried_, 0);
  network_ = load(kStream, 2, 1);
  EXPECT_EQ(hear(carried_, 1), hear(fresh_, 1));
  EXPECT_EQ(hear(carried_, 2), hear(fresh_, 2));
}

class CarriedWindows : public ::testing::Test {
 protected:
  static constexpr std::int64_t kFrames = 8, kHop = 2;

  void expect_whole(std::int64_t first, std::int64_t segment = 0, std::uint32_t seed = 0) {
    const Noise clip(first, kFrames, seed);
    const auto whole = whole_->with_workspace(
        [&](Workspace& workspace) { return whole_->network().run(clip.pointers(), workspace); });
    EXPECT_EQ(values(carried_.advance(network_, {segment, first}, clip.pointers())), values(whole))
        << "window at " << first << " of segment " << segment;
  }

  std::shared_ptr<LoadedNetwork> network_ = load(kWindows, 1, kHop), whole_ = load(kWindows, 1, 0);
  CarriedNetwork carried_;
};

TEST_F(CarriedWindows, EachIsTheWindowByItself) {
  for (std::int64_t first = 0; first < 20; first += kHop) expect_whole(first);
}

TEST_F(CarriedWindows, CatchUpWhereClipsAreMissing) {
  for (const std::int64_t first : {0, 2, 6, 8, 16, 18}) expect_whole(first);
}

TEST_F(CarriedWindows, BeginAnewAfterALongGapAndOffTheHop) {
  for (const std::int64_t first : {0, 2, 40, 42, 43, 45, 45, 44}) expect_whole(first);
}

TEST_F(CarriedWindows, BeginAnewAtANewSegmentAndAfterAFailure) {
  expect_whole(0);
  expect_whole(2, 1, 1);
  expect_whole(4, 1, 1);
  carried_.lose();
  expect_whole(6, 1, 1);
}

TEST_F(CarriedWindows, BeginAnewWithAnotherNetwork) {
  expect_whole(0);
  network_ = load(kWindows, 2, kHop);
  whole_ = load(kWindows, 2, 0);
  expect_whole(2);
}

}  // namespace
}  // namespace actionflow
