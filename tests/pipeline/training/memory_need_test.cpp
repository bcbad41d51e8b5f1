#include "pipeline/training/memory_need.h"

#include <gtest/gtest.h>

#include "tests/datasets/make_video.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

testing::TestVideo frames_of(int width, int height) {
  testing::TestVideo video;
  video.width = width;
  video.height = height;
  video.frames = 2;
  return video;
}

// Clips of large pictures take their decoders' memory, one a worker.
TEST(MemoryNeed, CountsADecoderAWorkerByTheLargestPictures) {
  const testing::TemporaryFolder folder;
  Recipe recipe = load_recipe(testing::project_root() / "configs/training/synthetic_cnn3d.yaml");
  const Architecture network = read_network(recipe, {});
  const auto need = [&](int workers, std::vector<std::pair<int, int>> sizes) {
    recipe.workers = workers;
    Dataset dataset;
    for (const auto& [width, height] : sizes) {
      VideoEntry entry;
      entry.path = folder / (std::to_string(width) + ".mp4");
      if (!std::filesystem::exists(entry.path)) write_test_video(entry.path, frames_of(width, height));
      dataset.train.push_back(std::move(entry));
    }
    return bytes_beside_steps(recipe, network, dataset);
  };
  const std::size_t none = need(1, {});
  const std::size_t one = need(1, {{640, 480}}) - none;
  EXPECT_GE(one, 4U * 640 * 480 * 3 / 2);
  EXPECT_EQ(need(3, {{640, 480}}) - none, 3 * one);
  EXPECT_EQ(need(1, {{64, 48}, {640, 480}, {64, 48}}) - none, one);
}

}  // namespace
}  // namespace actionflow
