// What is written for Keras: read back it is the same network, and Keras itself says of it what is in
// tests/golden/keras_written (check_keras_writer.py, which also makes it).
#include "models/formats/keras/keras_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/tensor/npy.h"
#include "models/formats/keras/keras_archive.h"
#include "models/formats/keras/keras_written_order.h"
#include "models/formats/weight_files.h"
#include "models/formats/weight_format.h"
#include "tests/models/golden_case.h"
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

// Of a call's arguments, tensors by the layers that give them.
void add_inputs(const nlohmann::json& arguments, std::vector<std::string>& inputs) {
  for (const auto& argument : arguments) {
    if (argument.is_array()) add_inputs(argument, inputs);
    if (argument.is_object() && argument.contains("config"))
      inputs.push_back(argument["config"]["keras_history"][0]);
  }
}

// Every layer behind what it needs, its last input first.
void append_backwards(const std::string& layer, const std::map<std::string, std::vector<std::string>>& inputs,
                      std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), layer) != names.end()) return;
  if (const auto found = inputs.find(layer); found != inputs.end())
    for (auto input = found->second.rbegin(); input != found->second.rend(); ++input)
      append_backwards(*input, inputs, names);
  names.push_back(layer);
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

// Each of these is one layer or a few of Keras', which check_keras_writer.py has Keras run.
TEST_F(KerasWriter, WhatIsMadeOfLayersOfKerasReadsBackAsTheSameFunction) {
  const std::pair<const char*, const char*> kinds[] = {
      {"  - {layer: conv_lstm2d, filters: 4, kernel: [3, 2], padding: [[1, 0], [2, 1]], stride: [2, 1]}\n",
       "\"ConvLSTM2D\""},
      {"  - {layer: conv_lstm2d, filters: 4, kernel: 3, padding: same, sequence: true, backward: true}\n"
       "  - {layer: conv_lstm2d, filters: 2, kernel: 1, dilation: 2, activation: softsign, bias: false}\n",
       "\"Flip\""},
      {"  - {layer: flatten, keep_time: true}\n"
       "  - {layer: bidirectional, units: 3, sequence: true}\n"
       "  - {layer: gru, units: 2, sequence: true, backward: true}\n",
       "\"Flip\""},
      {"  - reverse\n  - {layer: slice, axis: c, begin: 1, count: 2}\n  - {layer: dense, units: 2}\n",
       "\"Permute\""},
      {"  - {layer: select_frame, name: one, frame: 2}\n"
       "  - {layer: concat, from: [one, input], axis: w}\n  - {layer: dense, units: 2}\n",
       "\"Concatenate\""},
      {"  - {layer: class_token, axis: h}\n  - {layer: position_embedding, over: [t]}\n", "\"EinsumDense\""},
      {"  - {layer: position_embedding, over: [h, w]}\n  - {layer: scale}\n", "\"EinsumDense\""},
      {"  - {layer: position_embedding, kind: sinusoid}\n  - {layer: scale, shared: true}\n",
       "\"trainable\":false"},
      {"  - {layer: dense, units: 12}\n  - {layer: attention, heads: 2}\n", "\"MultiHeadAttention\""},
      {"  - {layer: dense, units: 12, bias: false}\n  - {layer: attention, heads: 2, within: space, scale: "
       "0.3}\n"
       "  - {layer: dense, units: 5}\n",
       "\"attention_axes\":[2]"},
      {"  - {layer: dense, units: 4, name: q}\n"
       "  - {layer: max_pool3d, size: [1, 2, 2], from: input, name: few}\n"
       "  - {layer: attention, heads: 1, from: [q, k, v]}\n",
       "\"MultiHeadAttention\""},
      {"  - {layer: dense, units: 12}\n  - {layer: attention, heads: 2, within: time}\n"
       "  - {layer: layer_norm, groups: 2}\n",
       "\"attention_axes\":[1]"},
      {"  - {layer: dense, units: 3}\n  - relu\n  - {layer: max_pool3d, size: 3, stride: 2, padding: 1}\n",
       "\"ZeroPadding3D\""}};
  for (const auto& [layers, in_keras] : kinds) {
    SCOPED_TRACE(layers);
    std::string text = layers;
    if (const std::size_t few = text.find("name: few}\n"); few != text.npos)
      text.insert(few + 11,
                  "  - {layer: dense, units: 4, from: few, name: k}\n"
                  "  - {layer: dense, units: 4, from: few, name: v}\n");
    const Model model = formula_model(network(text));
    write(model, file("a.keras"));
    const Tensor clip = clip_of(model.architecture);
    EXPECT_LT(deviation(says(load_model(file("a.keras")), clip), says(model, clip)).largest, 1e-5);
    EXPECT_THAT(KerasArchive(file("a.keras")).read().model_config, HasSubstr(in_keras));
  }
}

// Small networks of the shipped forms, and what their own packages compute (make_transformer_goldens.py).
TEST_F(KerasWriter, TransformersReadBackWithTheirResults) {
  for (const char* name : {"videomae_s", "timesformer_b"}) {
    SCOPED_TRACE(name);
    const GoldenCase golden_case = read_golden_case(golden(std::string("transformers/") + name));
    write({.architecture = golden_case.architecture, .weights = golden_case.weights}, file("a.keras"));
    const Model back = load_model(file("a.keras"));
    const Tensor expected = Tensor(golden_case.output).reshaped({golden_case.output.size()});
    EXPECT_LT(deviation(says(back, golden_case.input), expected).largest, 1e-4);
  }
}

// A file that Keras wrote lists its layers in the order in which Keras counts them.
TEST_F(KerasWriter, CountsLayersInKerasOrder) {
  for (const char* name : {"backwards_keras3_keras", "models_within_keras3_keras", "places_keras3_keras"}) {
    SCOPED_TRACE(name);
    const auto config = nlohmann::json::parse(
        KerasArchive(golden("keras_versions") / name / "keras.keras").read().model_config)["config"];
    std::vector<std::string> names, expected;
    std::map<std::string, std::vector<std::string>> inputs;
    for (const auto& layer : config["layers"]) {
      expected.push_back(layer["name"]);
      for (const auto& node : layer["inbound_nodes"]) add_inputs(node["args"], inputs[expected.back()]);
    }
    const std::string output = config["output_layers"].is_array() && config["output_layers"][0].is_string()
                                   ? config["output_layers"][0]
                                   : config["output_layers"][0][0];
    append_backwards(output, inputs, names);
    std::vector<std::vector<std::size_t>> numbers;
    const auto number = [&](const std::string& layer) {
      return static_cast<std::size_t>(std::find(names.begin(), names.end(), layer) - names.begin());
    };
    for (const std::string& layer : names) {
      numbers.emplace_back();
      for (const std::string& input : inputs[layer]) numbers.back().push_back(number(input));
    }
    std::vector<std::string> counted;
    for (const std::size_t i : keras::layer_order(numbers, number(output))) counted.push_back(names[i]);
    EXPECT_EQ(counted, expected);
  }
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
  EXPECT_THAT(why_not("  - {layer: conv2d, name: c, filters: 2, kernel: 2, stride: 2, dilation: 2}\n"),
              HasSubstr("layer 'c' (convolution): Keras has no layer that has both strides and dilation"));
  EXPECT_THAT(why_not("  - {layer: dense, units: 12}\n"
                      "  - {layer: attention, name: a, heads: 2, within: space, bias: table}\n"),
              HasSubstr("layer 'a' (attention): Keras has no layer that adds biases by distance"));
}

}  // namespace
}  // namespace actionflow::testing
