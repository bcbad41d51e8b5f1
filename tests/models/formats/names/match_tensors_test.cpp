// Which tensor of a file by names is which parameter, and what is said where none is.
#include "models/formats/names/match_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/config/config.h"
#include "base/error.h"
#include "models/formats/names/tensor_part.h"
#include "models/formats/safetensors/safetensors.h"
#include "models/formats/weight_files.h"
#include "models/formats/weight_format.h"
#include "models/training/transfer.h"
#include "models/weights/initial_weights.h"
#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kNetwork = R"(
name: small
input: {channels: 3, frames: 4, frame_rate: 10, height: 8, width: 8}
classes: 2
layers:
  - {layer: conv3d, name: stem.0, filters: 4, kernel: 3, bias: false}
  - {layer: batch_norm, name: stem.1}
  - {layer: conv3d, name: stem.3, filters: 4, kernel: 1, bias: false}
  - {layer: global_average_pool}
  - {layer: dense, name: fc, units: classes}
)";

class MatchTensors : public ::testing::Test {
 protected:
  Architecture architecture_ = parse_architecture(kNetwork, "small.yaml");
  Model model_{architecture_, initial_weights(architecture_, 1)};

  // The network's weights under PyTorch's names, as `rename` changes them; none for an empty name.
  template <class Rename>
  std::filesystem::path file(Rename rename) {
    save_model(model_, path("torch.pth"));
    const FileModel read =
        weight_format_of(path("torch.pth")).read(path("torch.pth"), {.architecture = &architecture_});
    std::vector<std::pair<std::string, Tensor>> tensors;
    for (const TorchParameter& parameter : torch_parameters(architecture_)) {
      const std::string name = rename(parameter.form.tensors.front());
      if (!name.empty())
        tensors.emplace_back(
            name, to_torch(parameter, read.model.weights.tensors.at(parameter.parameter->name))[0]);
    }
    return write(tensors);
  }
  std::filesystem::path write(const std::vector<std::pair<std::string, Tensor>>& tensors) {
    SafetensorsContent content;
    for (const auto& [name, tensor] : tensors) content.tensors.emplace(name, &tensor);
    write_safetensors(content, path("a.safetensors"));
    return path("a.safetensors");
  }
  std::string loading(const std::filesystem::path& file) {
    try {
      load_model(file, &architecture_);
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  }
  std::filesystem::path path(const std::string& name) const { return scratch_.path() / name; }

 private:
  ScratchFolder scratch_;
};

std::string as_it_is(const std::string& name) { return name; }

TEST_F(MatchTensors, NamesThatFitAreTaken) { EXPECT_EQ(loading(file(as_it_is)), "no error"); }

TEST_F(MatchTensors, WhatAWrapperPutBeforeAllNamesIsLeftAway) {
  for (const std::string prefix :
       {"module.", "_orig_mod.", "model.", "backbone.", "module._orig_mod.model.", "net.a."})
    EXPECT_EQ(loading(file([&](const std::string& name) { return prefix + name; })), "no error") << prefix;
}

// An encoder and a head beside it, as modules of one wrapper have them.
TEST_F(MatchTensors, WhatHasNoPrefixIsTakenToo) {
  EXPECT_EQ(
      loading(file([](const std::string& name) { return name.starts_with("fc") ? name : "cnn." + name; })),
      "no error");
}

TEST_F(MatchTensors, WhatDoesNotMatchIsListedOnBothSidesWithTheNearest) {
  const std::string text = loading(file([](const std::string& name) {
    return name == "stem.0.weight" ? "first.weight" : name == "stem.3.weight" ? "stem.4.weight" : name;
  }));
  EXPECT_THAT(text,
              AllOf(HasSubstr("a.safetensors: its tensors do not fit the network 'small'"),
                    HasSubstr("'stem.0.weight' (4×3×3×3×3) is missing, nearest 'first.weight'"),
                    HasSubstr("'stem.3.weight' (4×4×1×1×1) is missing, nearest 'stem.4.weight'"),
                    HasSubstr("'first.weight' (4×3×3×3×3) belongs to no layer, nearest 'stem.0.weight'"),
                    HasSubstr("--names MAP.yaml"), Not(HasSubstr("'stem.1.weight'"))));
}

TEST_F(MatchTensors, OtherShapesAreNamedWithBoth) {
  const Tensor other({2, 5});
  auto tensors = std::vector<std::pair<std::string, Tensor>>{{"fc.weight", other}};
  EXPECT_THAT(loading(write(tensors)), HasSubstr("'fc.weight' is 2×5, expected 2×4"));
}

TEST_F(MatchTensors, CountersAndWhatStandsBesideTheNetworkAreNoFault) {
  save_model(model_, path("torch.pth"));
  const FileModel read =
      weight_format_of(path("torch.pth")).read(path("torch.pth"), {.architecture = &architecture_});
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const TorchParameter& parameter : torch_parameters(architecture_))
    tensors.emplace_back("model." + parameter.form.tensors[0],
                         to_torch(parameter, read.model.weights.tensors.at(parameter.parameter->name))[0]);
  tensors.emplace_back("loss.weight", Tensor({3}));
  const Model loaded = load_model(write(tensors), &architecture_);
  EXPECT_EQ(loaded.weights.tensors.size(), model_.weights.tensors.size());
  tensors.emplace_back("model.second_head.weight", Tensor({3}));
  EXPECT_THAT(loading(write(tensors)), HasSubstr("'model.second_head.weight' (3) belongs to no layer"));
}

TEST_F(MatchTensors, TokensAndEmbeddingsBearTheNamesOfTheirLayers) {
  const Architecture architecture = parse_architecture(
      "name: tokens\ninput: {channels: 3, frames: 2, frame_rate: 10, height: 8, width: 8}\nclasses: "
      "2\nlayers:\n"
      "  - {layer: conv3d, name: patch, filters: 5, kernel: [1, 4, 4], stride: [1, 4, 4]}\n"
      "  - {layer: reshape, width: -1, channels: 5}\n"
      "  - {layer: class_token, name: net.cls}\n"
      "  - {layer: position_embedding, name: net.places}\n"
      "  - global_average_pool\n"
      "  - {layer: dense, name: fc, units: classes}\n",
      "tokens.yaml");
  const Weights weights = initial_weights(architecture, 3);
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const TorchParameter& parameter : torch_parameters(architecture))
    tensors.emplace_back(parameter.form.tensors[0],
                         to_torch(parameter, weights.tensors.at(parameter.parameter->name))[0]);
  for (auto& [name, tensor] : tensors) {
    if (name == "net.cls") tensor = std::move(tensor).reshaped({1, 1, 5});
    if (name == "net.places") tensor = std::move(tensor).reshaped({1, 9, 5});
  }
  const Model loaded = load_model(write(tensors), &architecture);
  for (const auto& [name, tensor] : weights.tensors)
    EXPECT_THAT(loaded.weights.tensors.at(name).values(), ::testing::ElementsAreArray(tensor.values()))
        << name;
}

TEST_F(MatchTensors, AMapNamesWhatTheRulesDoNot) {
  const auto strange = file([](const std::string& name) {
    if (name.starts_with("stem.0.")) return "backbone.conv1.conv." + name.substr(7);
    if (name.starts_with("stem.1.")) return "backbone.conv1.bn." + name.substr(7);
    return name == "fc.bias" ? std::string("cls_head.b") : name == "fc.weight" ? "cls_head.w" : name;
  });
  std::ofstream(path("map.yaml")) << "stem.0: backbone.conv1.conv\nstem.1: backbone.conv1.bn\n"
                                     "fc.kernel: cls_head.w\nfc.bias: cls_head.b\n";
  std::ofstream(path("small.yaml")) << kNetwork;
  EXPECT_THAT(loading(strange), HasSubstr("'backbone.conv1.conv.weight'"));
  convert_weights(strange, path("out.safetensors"),
                  {.model_file = path("small.yaml"), .name_map = path("map.yaml")});
  const Model loaded = load_model(path("out.safetensors"));
  for (const auto& [name, tensor] : model_.weights.tensors)
    EXPECT_THAT(loaded.weights.tensors.at(name).values(), ::testing::ElementsAreArray(tensor.values()))
        << name;
  // The way back, under the file's names.
  convert_weights(path("out.safetensors"), path("back.pth"),
                  {.model_file = path("small.yaml"), .name_map = path("map.yaml")});
  std::vector<std::string> names;
  for (const ListedTensor& tensor : weight_format_of(path("back.pth")).list(path("back.pth")))
    names.push_back(tensor.name);
  EXPECT_THAT(names,
              ElementsAre("backbone.conv1.conv.weight", "backbone.conv1.bn.weight", "backbone.conv1.bn.bias",
                          "backbone.conv1.bn.running_mean", "backbone.conv1.bn.running_var", "stem.3.weight",
                          "cls_head.w", "cls_head.b"));
}

// One tensor there may be several here.
TEST_F(MatchTensors, AMapTakesATensorApartAndTheWayBackJoinsIt) {
  const Architecture architecture = parse_architecture(
      "name: joined\ninput: {channels: 3, frames: 1, frame_rate: 10, height: 1, width: 1}\nclasses: 2\n"
      "layers:\n"
      "  - {layer: dense, name: a.0.query, units: 2}\n"
      "  - {layer: dense, name: a.0.key, from: input, units: 2}\n"
      "  - {layer: add, from: [a.0.query, a.0.key]}\n"
      "  - {layer: dense, name: fc, units: classes}\n",
      "joined.yaml");
  save_model({architecture, initial_weights(architecture, 3)}, path("own.safetensors"));
  std::ofstream(path("map.yaml")) << "a.*.query.kernel: b.*.both[1/2]\na.*.key.kernel: b.*.both[0/2]\n";
  convert_weights(path("own.safetensors"), path("out.pth"), {.name_map = path("map.yaml")});
  std::vector<std::string> names;
  for (const ListedTensor& tensor : weight_format_of(path("out.pth")).list(path("out.pth")))
    names.push_back(tensor.name + " " + to_string(tensor.shape));
  EXPECT_THAT(
      names, ElementsAre("b.0.both 4×3", "a.0.query.bias 2", "a.0.key.bias 2", "fc.weight 2×2", "fc.bias 2"));
  std::ofstream(path("joined.yaml")) << architecture.yaml;
  convert_weights(path("out.pth"), path("back.safetensors"),
                  {.model_file = path("joined.yaml"), .name_map = path("map.yaml")});
  const Model own = load_model(path("own.safetensors")), back = load_model(path("back.safetensors"));
  for (const auto& [name, tensor] : own.weights.tensors)
    EXPECT_THAT(back.weights.tensors.at(name).values(), ::testing::ElementsAreArray(tensor.values())) << name;
  const StoredTensor odd{.name = "odd", .shape = {5, 2}};
  EXPECT_EQ(part_of(odd, tensor_part("odd[1/2]")).shape, odd.shape) << "is no two equal blocks";
  EXPECT_EQ(tensor_part("a[2/2]").tensor, "a[2/2]");
  EXPECT_EQ(tensor_part("a[0/x]").tensor, "a[0/x]");
}

TEST_F(MatchTensors, StarsInAMapStandForTheSameInBothNames) {
  const NameMap map({{"layer*.*.conv1", "net.l*.b*.first"},
                     {"layer*.*.conv1.0", "one.*.*"},
                     {"layer2.*.conv1.0", "two.*"},
                     {"stem", "input"}},
                    {"head*.x"});
  const auto theirs = [&](const std::string& name) {
    Parameter parameter;
    parameter.name = name + ".own";
    return map.theirs(parameter, name);
  };
  EXPECT_EQ(theirs("layer1.10.conv1.weight"), "net.l1.b10.first.weight");
  EXPECT_EQ(theirs("layer1.10.conv1.0.weight"), "one.1.10.weight");
  EXPECT_EQ(theirs("layer2.3.conv1.0.weight"), "two.3.weight");
  EXPECT_EQ(theirs("layer1.conv1.weight"), "layer1.conv1.weight");
  EXPECT_EQ(theirs("stem.0.weight"), "input.0.weight");
  EXPECT_EQ(theirs("stemmed.weight"), "stemmed.weight");
  EXPECT_TRUE(map.ignores("head12.x.weight"));
  EXPECT_FALSE(map.ignores("head.y"));
}

TEST_F(MatchTensors, AMapOfUnknownNamesSaysWhichIsMeant) {
  std::ofstream(path("map.yaml")) << "stem.O: conv1\nfc: [a]\n";
  try {
    load_name_map(path("map.yaml"), architecture_);
    FAIL() << "nothing was thrown";
  } catch (const config::ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("map.yaml:1:1"), HasSubstr("no layer or parameter 'stem.O'"),
                                    HasSubstr("did you mean 'stem.0'"), HasSubstr("map.yaml:2")));
  }
}

TEST_F(MatchTensors, TrainingBeginsFromAFileOfOtherClassesAndLayers) {
  std::vector<std::pair<std::string, Tensor>> tensors{{"module.stem.0.weight", Tensor({4, 3, 3, 3, 3})},
                                                      {"module.fc.weight", Tensor({400, 4})},
                                                      {"module.fc.bias", Tensor({400})},
                                                      {"module.other.weight", Tensor({1})}};
  TransferOptions options;
  options.weights = write(tensors);
  Weights weights = initial_weights(architecture_, 3);
  const Transfer transfer = load_initial_weights(options, architecture_, weights);
  EXPECT_THAT(transfer.loaded, ElementsAre("stem.0.kernel"));
  EXPECT_EQ(weights.tensors.at("stem.0.kernel")[0], 0);
  EXPECT_EQ(transfer.new_head, "the head 'fc' begins anew: 400 outputs there, 2 here");
  EXPECT_THAT(transfer.unused, ElementsAre("module.other.weight"));
}

}  // namespace
}  // namespace actionflow::testing
