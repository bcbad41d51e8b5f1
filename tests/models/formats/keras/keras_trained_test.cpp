// Networks that others trained with Keras, from real data.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

Tensor predict(const Model& model, const Tensor& input) {
  const auto network = Network::compile(model.architecture, model.weights, {.batch = input.dim(0)});
  Workspace workspace(*network);
  return network->predict(input, workspace);
}

// As in tests/golden/make_keras_goldens.py, which made the expected values with `--trained`.
Tensor patterned_clip(const Extents& extents) {
  Tensor clip({1, extents.c, extents.t, extents.h, extents.w});
  std::uint32_t place = 0;
  for (std::int64_t position = 0; position < extents.positions(); ++position) {
    for (std::int64_t channel = 0; channel < extents.c; ++channel, ++place) {
      clip[channel * extents.positions() + position] =
          static_cast<float>((place * 2654435761U) >> 24U) / 255.0F;
    }
  }
  return clip;
}

void expect_near(const Tensor& actual, const std::vector<float>& expected) {
  ASSERT_EQ(actual.size(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(actual[static_cast<std::int64_t>(i)], expected[i], 1e-4);
}

const std::vector<float> kGestureScores{1.430585e-07F, 4.234286e-10F, 0.006332795F, 0.03358061F, 0.9600865F};

TEST(KerasTrained, Conv3DOfGesturesGivesKerasScores) {
  REQUIRE_REAL_DATA(file, "keras/Conv3D-32-64-128.keras");
  const Model model = load_model(file);
  EXPECT_EQ(model.architecture.parameter_count(), 296'453);  // as its makers' notebook prints
  expect_near(predict(model, patterned_clip(model.architecture.graph.input)), kGestureScores);
}

TEST(KerasTrained, TheGestureNetworkThatIsShippedGivesKerasScores) {
  const Architecture network = load_architecture(project_root() / "configs/models/gesture_conv3d.yaml");
  const Model model = load_model(project_root() / "configs/weights/gesture_conv3d.safetensors", &network);
  EXPECT_EQ(difference(model.architecture, network), "");
  expect_near(predict(model, patterned_clip(network.graph.input)), kGestureScores);
}

TEST(KerasTrained, Conv2DAndGruSavedInMixedPrecisionGivesKerasScores) {
  REQUIRE_REAL_DATA(file, "keras/Conv2D+GRU.keras");
  const Model model = load_model(file);
  expect_near(predict(model, patterned_clip(model.architecture.graph.input)),
              {0.003144905F, 0.9953104F, 0.001017902F, 0.0004918411F, 3.498822e-05F});
}

struct BiLstm {
  const char* file;
  int right;  // of 500, bilstm_results.txt beside the files
};

class KerasBiLstm : public ::testing::TestWithParam<BiLstm> {};

constexpr std::int64_t kSteps = 200, kPoint = 2, kOfEach = 50;

// The classes' order is the results' own; points are pixels as they stand.
Tensor read_paths(const std::filesystem::path& folder) {
  const std::vector<std::string> classes{"up",  "down",   "left",   "right", "star",
                                         "del", "square", "carret", "tick",  "circlecc"};
  Tensor paths({static_cast<std::int64_t>(classes.size()) * kOfEach, kPoint, kSteps, 1, 1});
  float* path = paths.data();
  for (const std::string& name : classes) {
    for (int i = 1; i <= kOfEach; ++i, path += kPoint * kSteps) {
      std::ifstream stream(folder / ("test_" + name + "_" + std::to_string(i) + ".txt"));
      double value = 0;
      for (std::int64_t k = 0; k < kSteps * kPoint && stream >> value; ++k) {
        path[(k % kPoint) * kSteps + k / kPoint] = static_cast<float>(value);
      }
      EXPECT_TRUE(stream) << name << ' ' << i;
    }
  }
  return paths;
}

TEST_P(KerasBiLstm, GetsExactlyAsManyRightAsPublished) {
  REQUIRE_REAL_DATA(folder, "golden/egogestar_bilstm");
  const Tensor scores = predict(load_model(folder / GetParam().file), read_paths(folder / "inputs"));
  const std::int64_t classes = scores.dim(1);
  int right = 0;
  for (std::int64_t i = 0; i < scores.dim(0); ++i) {
    const float* row = scores.data() + i * classes;
    right += std::max_element(row, row + classes) - row == i / kOfEach ? 1 : 0;
  }
  EXPECT_EQ(right, GetParam().right);
}

INSTANTIATE_TEST_SUITE_P(
    All, KerasBiLstm,
    ::testing::Values(BiLstm{"30mul_dropout0.2My_model.hdf5", 488}, BiLstm{"20mulMy_model.hdf5", 484},
                      BiLstm{"20mulMy_model_dropout0.2.hdf5", 480}, BiLstm{"20sumMy_model.hdf5", 477},
                      BiLstm{"20concatMy_model.hdf5", 474}, BiLstm{"20avMy_model.hdf5", 466}),
    [](const auto& one) { return "with" + std::to_string(one.param.right); });

}  // namespace
}  // namespace actionflow::testing
