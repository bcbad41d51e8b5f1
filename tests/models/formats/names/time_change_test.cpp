// A network for pictures as one for clips: on a still clip both say the same.
#include "models/formats/names/time_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/error.h"
#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "models/weights/initial_weights.h"
#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TimeChange, RepeatsAndDividesOrKeepsTheMiddle) {
  const Tensor kernel({1, 1, 1, 2}, std::vector<float>{3, 6});
  EXPECT_THAT(changed_in_time(kernel, {1, 1, 3, 1, 2}, TimeChange::repeated).values(),
              ElementsAre(1, 2, 1, 2, 1, 2));
  EXPECT_THAT(changed_in_time(kernel, {1, 1, 3, 1, 2}, TimeChange::centered).values(),
              ElementsAre(0, 0, 3, 6, 0, 0));
  EXPECT_THAT(changed_in_time(kernel, {1, 1, 3, 1, 2}, TimeChange::repeated).shape(),
              ElementsAre(1, 1, 3, 1, 2));
}

TEST(TimeChange, SumsOrTakesTheMiddleForPictures) {
  const Tensor kernel({1, 1, 3, 1, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  EXPECT_THAT(changed_in_time(kernel, {1, 1, 1, 2}, TimeChange::summed).values(), ElementsAre(9, 12));
  EXPECT_THAT(changed_in_time(kernel, {1, 1, 1, 1, 2}, TimeChange::middle).values(), ElementsAre(3, 4));
  EXPECT_FALSE(differs_in_time({1, 1, 1, 2}, {1, 1, 3, 1, 2}, TimeChange::summed));
}

// The network for pictures, and for clips with the same layers; `time` pads the clip in time.
std::string network(const std::string& frames, const std::string& kind, const std::string& conv,
                    const std::string& pad, const std::string& pool) {
  return "name: n\ninput: {channels: 3, frames: " + frames +
         ", frame_rate: 5, height: 12, width: 12}\nclasses: 4\n" + "layers:\n  - {layer: conv" + kind +
         ", name: first, filters: 6, kernel: " + conv + ", padding: " + pad +
         "}\n  - {layer: batch_norm, name: norm}\n  - relu\n  - {layer: max_pool" + kind + ", size: " + pool +
         "}\n  - {layer: conv" + kind + ", name: second, filters: 5, kernel: " + conv + ", bias: false}\n" +
         "  - {layer: global_average_pool}\n  - {layer: dense, name: fc, units: classes, activation: "
         "softmax}\n";
}

class InflatedNetwork : public ::testing::Test {
 protected:
  InflatedNetwork() {
    picture_ = parse_architecture(network("1", "2d", "[3, 3]", "[1, 1]", "2"), "picture.yaml");
    Weights weights = initial_weights(picture_, 5);
    save_model({picture_, weights}, path("picture.safetensors"));
    save_model({picture_, std::move(weights)}, path("picture.pth"));
    still_ = Tensor({1, 3, 1, 12, 12});
    for (std::int64_t i = 0; i < still_.size(); ++i) still_[i] = std::sin(static_cast<float>(i * i % 97));
  }
  // Converts, and runs on the picture held for as many frames as there are.
  Tensor answer(const std::string& weights, const std::string& yaml, TimeChange change) {
    std::ofstream(path("clips.yaml")) << yaml;
    convert_weights(path(weights), path("clips.safetensors"),
                    {.model_file = path("clips.yaml"), .time_change = change});
    const Model clips = load_model(path("clips.safetensors"));
    const std::int64_t frames = clips.architecture.input.frames;
    Tensor clip({1, 3, frames, 12, 12});
    for (std::int64_t i = 0; i < clip.size(); ++i) clip[i] = still_[i / (frames * 144) * 144 + i % 144];
    return run(clips, clip);
  }
  static Tensor run(const Model& model, const Tensor& input) {
    const auto network = Network::compile(model.architecture, model.weights);
    Workspace workspace(*network);
    return network->predict(input, workspace);
  }
  void expect_the_pictures_answer(const Tensor& answer) {
    const Tensor expected = run(load_model(path("picture.safetensors")), still_);
    ASSERT_EQ(answer.size(), expected.size());
    for (std::int64_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(answer[i], expected[i], 1e-6);
  }
  std::filesystem::path path(const std::string& name) const { return scratch_.path() / name; }

  Architecture picture_;
  Tensor still_;

 private:
  ScratchFolder scratch_;
};

TEST_F(InflatedNetwork, GivesThePicturesAnswerOnAStillClip) {
  const std::string unpadded = network("9", "3d", "3", "[0, 1, 1]", "[1, 2, 2]");
  for (const char* weights : {"picture.safetensors", "picture.pth"}) {
    expect_the_pictures_answer(answer(weights, unpadded, TimeChange::repeated));
    expect_the_pictures_answer(answer(weights, unpadded, TimeChange::centered));
  }
}

TEST_F(InflatedNetwork, GivesItWithPaddingInTimeWhereKernelsAreCentered) {
  const std::string padded = network("9", "3d", "3", "1", "2");
  expect_the_pictures_answer(answer("picture.pth", padded, TimeChange::centered));
}

TEST_F(InflatedNetwork, BecomesThePicturesAgain) {
  answer("picture.pth", network("9", "3d", "3", "[0, 1, 1]", "[1, 2, 2]"), TimeChange::repeated);
  std::ofstream(path("picture.yaml")) << network("1", "2d", "[3, 3]", "[1, 1]", "2");
  convert_weights(path("clips.safetensors"), path("clips.pth"), {.model_file = path("clips.yaml")});
  for (const char* clips : {"clips.safetensors", "clips.pth"}) {
    convert_weights(path(clips), path("back.safetensors"),
                    {.model_file = path("picture.yaml"), .time_change = TimeChange::summed});
    expect_the_pictures_answer(run(load_model(path("back.safetensors")), still_));
  }
}

TEST_F(InflatedNetwork, OtherShapesAreStillAnError) {
  std::ofstream(path("clips.yaml")) << network("9", "3d", "5", "[0, 1, 1]", "[1, 2, 2]");
  for (const char* weights : {"picture.safetensors", "picture.pth"}) {
    try {
      convert_weights(path(weights), path("out.safetensors"),
                      {.model_file = path("clips.yaml"), .time_change = TimeChange::repeated});
      FAIL() << "nothing was thrown";
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr("6×3×5×5×5"));
    }
  }
  EXPECT_THROW(
      convert_weights(path("picture.pth"), path("out.safetensors"), {.time_change = TimeChange::repeated}),
      UsageError);
}

}  // namespace
}  // namespace actionflow::testing
