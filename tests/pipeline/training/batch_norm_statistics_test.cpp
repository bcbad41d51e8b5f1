#include "pipeline/training/batch_norm_statistics.h"
#include "models/weights/initial_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "nodes/training/clip_preparer.h"
#include "tests/datasets/make_video.h"

namespace actionflow::testing {
namespace {

class ReestimatedBatchNorm : public ::testing::Test {
 protected:
  ReestimatedBatchNorm()
      : architecture_(parse_architecture("name: net\n"
                                         "input: {channels: 3, frames: 4, height: 8, width: 8}\n"
                                         "layers:\n"
                                         "  - {layer: batch_norm, name: norm}\n"
                                         "  - {layer: flatten}\n"
                                         "  - {layer: dense, units: 2, activation: softmax}\n",
                                         "net.yaml")),
        augmenter_(AugmentOptions{}, SamplingOptions{}, architecture_.input, {"left", "right"}) {
    for (int i = 0; i < 4; ++i) {
      VideoEntry& entry = entries_.emplace_back();
      entry.name = "v" + std::to_string(i) + ".mp4";
      entry.path = folder_ / entry.name;
      entry.labels = {i % 2};
      write_test_video(entry.path, TestVideo{.width = 32, .height = 24, .frames = 8});
    }
    flow_.emplace(std::make_unique<ClipPreparer>(entries_, augmenter_, cache_, 1),
                  TrainingFlowOptions{.batch = 2, .outputs = 2});
  }

  const Tensor& moving_mean() const { return network_.weights().tensors.at("norm.moving_mean"); }

  TemporaryFolder folder_;
  Architecture architecture_;
  std::vector<VideoEntry> entries_;
  Augmenter augmenter_;
  FrameCache cache_{CacheOptions{}};
  std::optional<TrainingFlow> flow_;
  TrainingNetwork network_{architecture_, initial_weights(architecture_, 1), {.batch = 2}};
};

TEST_F(ReestimatedBatchNorm, HasTheClipsStatistics) {
  EXPECT_TRUE(reestimate_batch_norm(network_, *flow_, 1, false));
  EXPECT_TRUE(std::ranges::any_of(moving_mean().values(), [](float mean) { return mean != 0; }));
}

TEST_F(ReestimatedBatchNorm, EndsBetweenTwoBatchesWhereItIsStopped) {
  EXPECT_FALSE(reestimate_batch_norm(network_, *flow_, 1, true));
  EXPECT_TRUE(std::ranges::all_of(moving_mean().values(), [](float mean) { return mean == 0; }));
  EXPECT_NE(flow_->next(), nullptr);
}

}  // namespace
}  // namespace actionflow::testing
