#include "models/formats/onnx/writing/onnx_export.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "models/description/layers/registry.h"
#include "models/formats/onnx/onnx_network.h"
#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "models/weights/initial_weights.h"
#include "tests/models/golden_case.h"
#include "tests/models/networks.h"
#include "tests/models/reference.h"
#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

// Every number other than its neighbours, variances above 0.
Model with_random_weights(Architecture architecture) {
  Model model{.architecture = std::move(architecture), .weights = {}};
  model.weights = initial_weights(model.architecture, 5);
  std::uint32_t place = 1;
  for (auto& [name, tensor] : model.weights.tensors) {
    for (float& value : tensor.values()) {
      place = place * 1664525U + 1013904223U;
      const float noise = static_cast<float>(place >> 8U) / static_cast<float>(1U << 24U);
      value += name.ends_with("variance") ? noise : noise * 0.2F - 0.1F;
    }
  }
  return model;
}

Tensor clip_for(const Architecture& architecture) {
  const Extents& in = architecture.graph.input;
  Tensor clip({1, in.c, in.t, in.h, in.w});
  for (std::int64_t i = 0; i < clip.size(); ++i) clip[i] = static_cast<float>(i * 37 % 101) / 101 - 0.4F;
  return clip;
}

// As another program's file would be read: by its nodes alone.
Model read_back(const Model& model) {
  OnnxNetwork network = parse_onnx(print_onnx(model), "written.onnx");
  return {.architecture = parse_architecture(network.yaml, "written.onnx"),
          .weights = std::move(network.weights)};
}

// Layers of operations that ONNX has no operator for.
bool can_be_written(const Model& model) {
  try {
    print_onnx(model);
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

class OnnxExport : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxExport, OfASampleOfEachLayerReadsBackAsTheSameFunction) {
  const LayerKind* kind = find_layer_kind(GetParam());
  const Model model = with_random_weights(parse_architecture(
      "name: sample\ninput: {channels: 3, frames: 6, frame_rate: 10, height: 8, width: 8}\n"
      "layers: " +
          kind->sample + "\n",
      "sample.yaml"));
  if (GetParam() == "dropout" || GetParam() == "constant") GTEST_SKIP() << "computes nothing of the clip";
  if (!can_be_written(model)) GTEST_SKIP() << "cannot be written as ONNX";
  const Model again = read_back(model);
  const Tensor clip = clip_for(model.architecture);
  const Tensor expected = reference(model.architecture.graph, model.weights.tensors, clip);
  Tensor actual = reference(again.architecture.graph, again.weights.tensors, clip);
  ASSERT_EQ(actual.size(), expected.size());
  actual = std::move(actual).reshaped(expected.shape());
  EXPECT_LT(deviation(actual, expected).largest, 1e-5);
}

std::vector<std::string> kinds_of_layers() {
  std::vector<std::string> names;
  for (const LayerKind& kind : layer_kinds()) names.push_back(kind.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, OnnxExport, ::testing::ValuesIn(kinds_of_layers()),
                         [](const auto& one) { return one.param; });

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(project_root() / "configs/models"))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

// ONNX' norms have a scale and a shift always; learned scales become part of the layer before.
std::int64_t filled_parameters(const Graph& graph) {
  std::int64_t count = 0;
  for (const GraphNode& node : graph.nodes) {
    if (const auto* norm = std::get_if<BatchNorm>(&node.operation))
      count += node.extents.c * ((norm->scale ? 0 : 1) + (norm->shift ? 0 : 1));
    if (std::holds_alternative<Scale>(node.operation)) count -= element_count(node.parameters.front().shape);
  }
  return count;
}

// What attention is made of comes back as constants where it has windows or biases; small forms of such
// networks are compared by their results below.
bool attends(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const GraphNode& node) { return std::holds_alternative<Attention>(node.operation); });
}

class OnnxExportOfShipped : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxExportOfShipped, ReadsBackWithItsParametersAndItsCost) {
  Architecture architecture = shipped_network(GetParam());
  if (attends(architecture.graph)) GTEST_SKIP() << "a transformer";
  const Model model = with_random_weights(std::move(architecture));
  if (!can_be_written(model)) GTEST_SKIP() << "cannot be written as ONNX";
  const Model again = read_back(model);
  EXPECT_EQ(again.architecture.parameter_count(),
            model.architecture.parameter_count() + filled_parameters(model.architecture.graph));
  EXPECT_EQ(again.architecture.macs(), model.architecture.macs());
}

INSTANTIATE_TEST_SUITE_P(All, OnnxExportOfShipped, ::testing::ValuesIn(shipped_names()),
                         [](const auto& one) { return one.param; });

// Small networks of the shipped forms, and what their own packages compute (make_transformer_goldens.py).
class OnnxExportOfTransformer : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxExportOfTransformer, ReadsBackWithItsResults) {
  const GoldenCase golden_case = read_golden_case(golden("transformers/" + GetParam()));
  const Model again = read_back({.architecture = golden_case.architecture, .weights = golden_case.weights});
  const auto network = Network::compile(again.architecture, again.weights);
  Workspace workspace(*network);
  Tensor actual = network->predict(golden_case.input, workspace);
  ASSERT_EQ(actual.size(), golden_case.output.size());
  actual = std::move(actual).reshaped(golden_case.output.shape());
  EXPECT_LT(deviation(actual, golden_case.output).largest, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(All, OnnxExportOfTransformer,
                         ::testing::Values("videomae_s", "timesformer_b", "mvit_v2_s", "swin3d_t"),
                         [](const auto& one) { return one.param; });

TEST(OnnxImport, TheLastDenseLayerHasAsManyUnitsAsThereAreClasses) {
  const std::string yaml = read_onnx(golden("onnx_networks/residual/network.onnx")).yaml;
  EXPECT_THAT(yaml, ::testing::HasSubstr("classes: 3"));
  EXPECT_THAT(yaml, ::testing::HasSubstr("units: classes"));
}

Model small_network(const std::string& first, int filters = 4) {
  return with_random_weights(parse_architecture(
      "name: net\ninput: {channels: 3, frames: 2, frame_rate: 12, height: 4, width: 4, range: 255, mean: [1, "
      "2, 3]}\n"
      "classes: [wave, clap]\nlayers:\n"
      "  - {layer: conv3d, name: " +
          first + ", filters: " + std::to_string(filters) +
          ", kernel: 3, padding: same, activation: relu}\n"
          "  - flatten\n  - {layer: dropout, rate: 0.3}\n  - {layer: dense, units: classes}\n",
      "net.yaml"));
}

TEST(OnnxExportFile, AScanIsAConvLstmOnlyWhereItsStepsAreThatsOwn) {
  const Model model = with_random_weights(parse_architecture(
      "name: net\ninput: {channels: 3, frames: 4, frame_rate: 12, height: 6, width: 5}\nlayers:\n"
      "  - {layer: conv_lstm2d, name: maps, filters: 2, kernel: [3, 2], padding: same, sequence: true}\n"
      "  - {layer: conv_lstm2d, name: last, filters: 3, kernel: 1, backward: true, recurrent_activation: "
      "hard_sigmoid}\n",
      "net.yaml"));
  const std::string bytes = print_onnx(model);
  EXPECT_EQ(parse_architecture(parse_onnx(bytes, "net.onnx").yaml, "net.yaml").macs(),
            model.architecture.macs());
  for (const auto& [part, other] :
       {std::pair{"Tanh", "Sinh"}, {"Identity", "Softsign"}, {"Split", "Reshp"}}) {
    std::string changed = bytes;
    changed.replace(changed.rfind(part), std::string_view(part).size(),
                    std::string(other).substr(0, std::string_view(part).size()));
    EXPECT_THAT([&] { parse_onnx(changed, "net.onnx"); },
                ::testing::ThrowsMessage<ModelError>(::testing::HasSubstr("(Scan): holds nodes of its own")));
  }
}

TEST(OnnxExportFile, KeepsNamesClassesAndInputForm) {
  const ScratchFolder scratch;
  const Model model = small_network("first");
  save_model(model, scratch.path() / "net.onnx");
  const Model again = load_model(scratch.path() / "net.onnx");
  EXPECT_EQ(again.architecture.yaml, model.architecture.yaml);
  EXPECT_EQ(again.architecture.classes, model.architecture.classes);
  for (const auto& [name, tensor] : model.weights.tensors)
    EXPECT_LT(deviation(again.weights.tensors.at(name), tensor).largest, 1e-12) << name;
}

TEST(OnnxExportFile, GivesItsWeightsToTheSameNetworkOfOtherNames) {
  const ScratchFolder scratch;
  const Model model = small_network("first"), named = small_network("other"),
              larger = small_network("first", 5);
  save_model(model, scratch.path() / "net.onnx");
  const Model again = load_model(scratch.path() / "net.onnx", &named.architecture);
  EXPECT_LT(
      deviation(again.weights.tensors.at("other.kernel"), model.weights.tensors.at("first.kernel")).largest,
      1e-12);
  EXPECT_THROW(load_model(scratch.path() / "net.onnx", &larger.architecture), ModelError);
}

}  // namespace
}  // namespace actionflow::testing
