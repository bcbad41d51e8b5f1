// What is written for Keras: read back it is the same network, and Keras itself says of it what is in
// tests/golden/keras_written (check_keras_writer.py, which also makes it).
#include "models/formats/keras/keras_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/tensor/npy.h"
#include "models/formats/keras/keras_archive.h"
#include "models/formats/weight_files.h"
#include "models/formats/weight_format.h"
#include "tests/models/kernels/training_formulas.h"
#include "tests/models/networks.h"
#include "tests/models/reference.h"
#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

Model formula_model(Architecture architecture) {
  Model model;
  model.architecture = std::move(architecture);
  for (const LayerInfo& layer : model.architecture.layers)
    for (const Parameter& parameter : layer.parameters) {
      Tensor values = noise_of_shape(parameter.shape, name_stream(parameter.name), 0.4F);
      if (parameter.role == "moving_variance")
        for (float& value : values.values()) value += 1;
      model.weights.tensors.emplace(parameter.name, std::move(values));
    }
  return model;
}

Model written_model() { return formula_model(load_architecture(golden("keras_written") / "model.yaml")); }

Tensor clip_of(const Architecture& architecture) {
  const Extents& e = architecture.graph.input;
  return noise_of_shape({1, e.c, e.t, e.h, e.w}, name_stream("input"));
}

Tensor says(const Model& model, const Tensor& clip) {
  const Tensor scores = reference(model.architecture.graph, model.weights.tensors, clip);
  return Tensor(scores).reshaped({scores.size()});
}

void write(const Model& model, const std::filesystem::path& file) {
  weight_format_to_write(file).write(model, file, {});
}

class KerasWriter : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name) const { return scratch_.path() / name; }

 private:
  ScratchFolder scratch_;
};

TEST_F(KerasWriter, AnArchiveReadBackIsTheSameNetwork) {
  const Model model = written_model();
  write(model, file("a.keras"));
  const Model back = load_model(file("a.keras"));
  const Tensor clip = clip_of(model.architecture);
  EXPECT_LT(deviation(says(back, clip), says(model, clip)).largest, 1e-6);
}

TEST_F(KerasWriter, PartsOfAClipAreCroppedOut) {
  const Model model =
      formula_model(network("  - {layer: slice, axis: t, begin: 1, count: 4}\n"
                            "  - {layer: slice, axis: w, begin: 2, count: -1}\n"
                            "  - {layer: dense, name: places, units: 2}\n"
                            "  - {layer: slice, axis: h, count: 3}\n"
                            "  - {layer: flatten}\n"));
  EXPECT_EQ(result_of(model.architecture), (Extents{2 * 4 * 3 * 5, 1, 1, 1}));
  write(model, file("a.keras"));
  const Tensor clip = clip_of(model.architecture);
  EXPECT_LT(deviation(says(load_model(file("a.keras")), clip), says(model, clip)).largest, 1e-6);
  EXPECT_THAT(KerasArchive(file("a.keras")).read().model_config, HasSubstr("\"Cropping3D\""));
}

TEST_F(KerasWriter, ActivationsAreFunctionsOrLayersOfKeras) {
  const std::pair<const char*, const char*> kinds[] = {
      {"leaky_relu", "\"leaky_relu\""},
      {"leaky_relu, slope: 0.4", "\"LeakyReLU\""},
      {"leaky_relu, slope: 0.5, threshold: 0.25", "\"threshold\":0.25"},
      {"clip", "\"relu6\""},
      {"clip, high: 0.5", "\"max_value\":0.5"},
      {"clip, low: -1, high: 1", "\"hard_tanh\""},
      {"elu", "\"elu\""},
      {"elu, alpha: 0.5", "\"ELU\""},
      {"selu", "\"selu\""},
      {"softplus", "\"softplus\""},
      {"softsign", "\"softsign\""},
      {"exponential", "\"exponential\""},
      {"hard_swish", "\"hard_silu\""},
      {"mish", "\"mish\""},
      {"gelu", "\"gelu\""},
      {"gelu_tanh", "\"approximate\":true"}};
  for (const auto& [layer, in_keras] : kinds) {
    SCOPED_TRACE(layer);
    const Model model =
        formula_model(network(fmt::format("  - {{layer: dense, units: 4}}\n  - {{layer: {}}}\n", layer)));
    write(model, file("a.keras"));
    const Tensor clip = clip_of(model.architecture);
    EXPECT_LT(deviation(says(load_model(file("a.keras")), clip), says(model, clip)).largest, 1e-6);
    EXPECT_THAT(KerasArchive(file("a.keras")).read().model_config, HasSubstr(in_keras));
  }
}

TEST_F(KerasWriter, WeightsAloneFitTheNetworkThatTheyAreOf) {
  const Model model = written_model();
  write(model, file("a.weights.h5"));
  const Model back = load_model(file("a.weights.h5"), &model.architecture);
  EXPECT_EQ(back.weights.tensors.size(), model.weights.tensors.size());
  for (const auto& [name, tensor] : model.weights.tensors)
    EXPECT_THAT(back.weights.tensors.at(name).values(), ::testing::ElementsAreArray(tensor.values())) << name;
}

TEST_F(KerasWriter, WritesWhatKerasHasLoaded) {
  if (!std::filesystem::exists(golden("keras_written") / "network.keras"))
    GTEST_SKIP() << "tests/golden/check_keras_writer.py has not made network.keras";
  const Model model = written_model();
  write(model, file("a.keras"));
  const KerasFile fresh = KerasArchive(file("a.keras")).read();
  const KerasFile kept = KerasArchive(golden("keras_written") / "network.keras").read();
  EXPECT_EQ(fresh.model_config, kept.model_config)
      << "tests/golden/check_keras_writer.py makes the golden file anew";
  ASSERT_EQ(fresh.weights.size(), kept.weights.size());
  for (std::size_t i = 0; i < fresh.weights.size(); ++i) {
    EXPECT_EQ(fresh.weights[i].layer + "/" + fresh.weights[i].name,
              kept.weights[i].layer + "/" + kept.weights[i].name);
    EXPECT_THAT(fresh.weights[i].value.values(), ::testing::ElementsAreArray(kept.weights[i].value.values()));
  }
  const Tensor said_by_keras = read_npy(golden("keras_written") / "output.npy");
  EXPECT_LT(deviation(says(model, clip_of(model.architecture)), said_by_keras).largest, 1e-5);
}

TEST_F(KerasWriter, SaysWhichLayerKerasHasNot) {
  const auto why_not = [&](const std::string& layers) -> std::string {
    try {
      write(formula_model(network(layers)), file("b.keras"));
    } catch (const ModelError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_THAT(why_not("  - {layer: time_shift, name: moved, fold: 3}\n"),
              HasSubstr("layer 'moved' (time shift)"));
  EXPECT_THAT(why_not("  - {layer: max_pool3d, name: pool, size: 3, stride: 2, padding: 1}\n"),
              HasSubstr("layer 'pool' (max pooling): Keras has no layer that pads so"));
  EXPECT_THAT(why_not("  - {layer: hard_sigmoid, name: h}\n"), HasSubstr("another slope"));
}

}  // namespace
}  // namespace actionflow::testing
