#include "models/training/class_activation.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "models/weights/initial_weights.h"

namespace actionflow {
namespace {

// Its map is the picture itself, in two channels: brightness, and the negative of it below a threshold.
Architecture looking(const std::string& end) {
  return parse_architecture(
      "name: looking\ninput: {channels: 1, frames: 3, frame_rate: 10, height: 4, width: 4}\n"
      "classes: [bright, dark]\nlayers:\n"
      "  - {layer: conv3d, name: conv, filters: 1, kernel: 1, activation: relu}\n" +
          end,
      "looking.yaml");
}

Weights weights_of(const Architecture& architecture, const std::vector<float>& head) {
  Weights weights = initial_weights(architecture, 1);
  weights.tensors.at("conv.kernel").values()[0] = 1;
  weights.tensors.at("conv.bias").values()[0] = 0;
  Tensor& kernel = weights.tensors.at("fc.kernel");
  for (std::size_t i = 0; i < kernel.values().size(); ++i) kernel.values()[i] = head[i % head.size()];
  return weights;
}

struct Pictures {
  std::vector<std::vector<std::uint8_t>> frames{3, std::vector<std::uint8_t>(16)};

  std::vector<const std::uint8_t*> bytes() const {
    std::vector<const std::uint8_t*> all;
    for (const auto& frame : frames) all.push_back(frame.data());
    return all;
  }
};

TEST(ClassActivation, IsWhatSpeaksForTheClassWhereItIs) {
  const Architecture architecture =
      looking("  - global_average_pool\n  - {layer: dense, name: fc, units: classes, activation: softmax}\n");
  ClassActivation activation(architecture, weights_of(architecture, {2, -1}));
  Pictures pictures;
  pictures.frames[1][6] = 200;
  pictures.frames[1][7] = 100;
  pictures.frames[2][0] = 50;
  const ActivationMap bright = activation.map(pictures.bytes(), 0);
  EXPECT_EQ(bright.frames, 3);
  EXPECT_EQ(bright.height * bright.width, 16);
  for (std::size_t i = 0; i < 48; ++i) {
    const float expected = i == 16 + 6 ? 1 : i == 16 + 7 ? 0.5F : i == 32 ? 0.25F : 0;
    EXPECT_NEAR(bright.values[i], expected, 1e-6) << i;
  }
  EXPECT_NEAR(bright.at(0.5, 1.5 / 4, 2.5 / 4), 1, 1e-6);
  EXPECT_NEAR(bright.at(0.5, 1.5 / 4, 3.0 / 4), 0.75, 1e-6);
  EXPECT_NEAR(bright.at(1, 0, 0), 0.25, 1e-6);
  for (const float value : activation.map(pictures.bytes(), 1).values) EXPECT_EQ(value, 0);
}

TEST(ClassActivation, TellsPlacesApartWhereADenseLayerDoes) {
  const Architecture architecture =
      looking("  - flatten\n  - {layer: dense, name: fc, units: classes, activation: softmax}\n");
  Weights weights = weights_of(architecture, {0});
  weights.tensors.at("fc.kernel").values()[5] = 1;        // of the first class: place 5 of the first picture
  weights.tensors.at("fc.kernel").values()[48 + 20] = 1;  // of the second: place 4 of the second
  ClassActivation activation(architecture, weights);
  Pictures pictures;
  for (auto& frame : pictures.frames) frame.assign(16, 128);
  const ActivationMap first = activation.map(pictures.bytes(), 0),
                      second = activation.map(pictures.bytes(), 1);
  for (std::size_t i = 0; i < 48; ++i) {
    EXPECT_NEAR(first.values[i], i == 5 ? 1 : 0, 1e-6) << i;
    EXPECT_NEAR(second.values[i], i == 20 ? 1 : 0, 1e-6) << i;
  }
}

TEST(ClassActivation, NeedsAMapWithPlaces) {
  const Architecture architecture = parse_architecture(
      "name: flat\ninput: {channels: 1, frames: 3, frame_rate: 10, height: 4, width: 4}\nclasses: [a, "
      "b]\nlayers:\n"
      "  - flatten\n  - {layer: dense, name: fc, units: classes, activation: softmax}\n",
      "flat.yaml");
  ClassActivation activation(architecture, initial_weights(architecture, 1));
  EXPECT_THROW(activation.map(Pictures().bytes(), 0), UsageError);
}

}  // namespace
}  // namespace actionflow
