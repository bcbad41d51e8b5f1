#include "nodes/kinds/carried_network.h"

#include <gtest/gtest.h>

#include <random>

#include "models/weights/weights.h"

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

class Carried : public ::testing::Test {
 protected:
  static std::shared_ptr<LoadedNetwork> loaded(std::uint64_t seed) {
    const Architecture architecture = parse_architecture(kStream, "stream");
    return std::make_shared<LoadedNetwork>(
        Network::compile(architecture, initial_weights(architecture, seed), {.samples = 1}), std::nullopt);
  }

  // Of sample k of the stream.
  std::vector<float> hear(CarriedNetwork& carried, int k, std::int64_t segment = 0) {
    std::vector<std::uint8_t> frame(3 * 8 * 8);
    std::mt19937 random(static_cast<std::uint32_t>(k));
    for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random() >> 24U);
    const std::uint8_t* const pointer = frame.data();
    const Tensor result = carried.advance(network_, segment, {&pointer, 1});
    return {result.values().begin(), result.values().end()};
  }

  std::shared_ptr<LoadedNetwork> network_ = loaded(1);
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
  carried_.lose();
  EXPECT_EQ(hear(carried_, 2), hear(fresh_, 2));
}

TEST_F(Carried, BeginsAnewWithAnotherNetwork) {
  hear(carried_, 0);
  network_ = loaded(2);
  EXPECT_EQ(hear(carried_, 1), hear(fresh_, 1));
  EXPECT_EQ(hear(carried_, 2), hear(fresh_, 2));
}

}  // namespace
}  // namespace actionflow
