// Keras 2 files of the seed networks and of single layers (tests/golden/make_keras_goldens.py), and networks
// that both Keras 2 and Keras 3 wrote (make_keras_version_goldens.py); the scripts name what each holds.
// Expected values are Keras' own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/npy.h"
#include "models/formats/keras_config.h"
#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "tests/models/reference.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

std::filesystem::path keras_file(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().stem() == "keras") return entry.path();
  }
  return folder / "keras.h5";
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const char* folder : {"keras", "keras_versions"}) {
    for (const auto& entry : std::filesystem::directory_iterator(golden(folder))) {
      if (entry.is_directory()) names.push_back(folder + ("/" + entry.path().filename().string()));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

double largest_difference(const Tensor& actual, const Tensor& expected) {
  EXPECT_EQ(actual.shape(), expected.shape());
  if (actual.shape() != expected.shape()) return INFINITY;
  double largest = 0;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(actual[i]) - expected[i]));
  }
  return largest;
}

class KerasGolden : public ::testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path folder_ = golden(GetParam());

  // Through `convert`, so that what is tested is what a person gets.
  Model convert_and_load() {
    const ScratchFolder scratch;
    const std::filesystem::path out = scratch.path() / "out.safetensors";
    std::optional<std::filesystem::path> model_file;
    if (std::filesystem::exists(folder_ / "model.yaml")) model_file = folder_ / "model.yaml";
    convert_weights(keras_file(folder_), out, model_file);
    return load_model(out);
  }
};

TEST_P(KerasGolden, GivesKerasOutputThroughTheReference) {
  const Model model = convert_and_load();
  const Tensor output =
      reference(model.architecture.graph, model.weights.tensors, read_npy(folder_ / "input.npy"));
  EXPECT_LT(largest_difference(output, read_npy(folder_ / "output.npy")), 1e-5);
}

TEST_P(KerasGolden, GivesKerasOutputThroughConvertAndPredict) {
  const Model model = convert_and_load();
  const auto network = Network::compile(model.architecture, model.weights);
  Workspace workspace(*network);
  const Tensor output = network->predict(read_npy(folder_ / "input.npy"), workspace);
  EXPECT_LT(largest_difference(output, read_npy(folder_ / "output.npy")), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(All, KerasGolden, ::testing::ValuesIn(cases()), [](const auto& one) {
  return std::filesystem::path(one.param).filename().string();
});

// ---- what cannot be described ----

std::string sequential(const std::string& layers) {
  return R"({"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"InputLayer","config":)"
         R"({"name":"in","batch_input_shape":[null,4,8,8,3]}},)" +
         layers + "]}}";
}

std::string message(const std::string& config) {
  try {
    describe_keras(config, "2.15.0", "net.h5");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

TEST(KerasDescription, NamesTheLayerThatIsNotKnown) {
  EXPECT_EQ(message(sequential(R"({"class_name":"ConvLSTM2D","config":{"name":"cell"}})")),
            "net.h5: layer 'cell' (ConvLSTM2D): this class of layer is not known here");
  EXPECT_THAT(message(sequential(R"({"class_name":"Lambda","config":{"name":"f"}})")),
              HasSubstr("layer 'f' (Lambda): holds Python code"));
  EXPECT_THAT(
      message(sequential(R"({"class_name":"Dense","config":{"name":"d","units":3,"activation":"elu"}})")),
      HasSubstr("layer 'd' (Dense): the activation 'elu' is not known here"));
  EXPECT_THAT(message(sequential(R"({"class_name":"LSTM","config":{"name":"l","units":3}})")),
              HasSubstr("layer 'l' (LSTM): takes (T,C), but its input is (T,H,W,C)"));
  EXPECT_THAT(message(sequential(R"({"class_name":"Conv3D","config":{"name":"c","kernel_size":3}})")),
              HasSubstr("layer 'c' (Conv3D): 'filters' is missing"));
  EXPECT_THAT(
      message(sequential(
          R"({"class_name":"TimeDistributed","config":{"name":"t","layer":{"class_name":"LSTM","config":{}}}})")),
      HasSubstr("LSTM: this layer is not known inside TimeDistributed"));
}

// As both versions describe what is not known here.
TEST(KerasDescription, RefusesByNameWhatEitherVersionMayHold) {
  std::ifstream stream(golden("keras_versions/refused.json"));
  const nlohmann::json networks = nlohmann::json::parse(stream);
  ASSERT_GT(networks.size(), 40U);
  for (const nlohmann::json& network : networks) {
    try {
      describe_keras(network["config"], network["version"], "net.h5");
      ADD_FAILURE() << network["names"] << " of Keras " << network["version"] << " was taken";
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr("net.h5: layer '"));
      for (const std::string name : network["names"]) EXPECT_THAT(error.what(), HasSubstr(name));
    }
  }
}

TEST(KerasDescription, RefusesAKerasThatIsNotKnown) {
  for (const char* version : {"4.0.1", "0.3", "next", "99999999999999999999"}) {
    try {
      describe_keras(sequential(R"({"class_name":"Flatten","config":{"name":"f"}})"), version, "net.h5");
      ADD_FAILURE() << version;
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr(fmt::format("written by Keras '{}'", version)));
    }
  }
}

TEST(KerasDescription, RefusesDirectionsThatNoMergeJoins) {
  const auto both = [](const std::string& merge, const std::string& backward) {
    return R"({"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"InputLayer","config":)"
           R"({"name":"in","batch_shape":[null,4,3]}},{"class_name":"Bidirectional","config":{"name":"both",)"
           R"("merge_mode":")" +
           merge + R"(","layer":{"class_name":"LSTM","config":{"units":3,"go_backwards":false}},)" +
           R"("backward_layer":{"class_name":"LSTM","config":{)" + backward + "}}}}]}}";
  };
  EXPECT_THAT(message(both("sum", R"("units":4,"go_backwards":true)")),
              HasSubstr("adds or multiplies 3 and 4"));
  EXPECT_THAT(message(both("concat", R"("units":3,"go_backwards":true,"return_sequences":true)")),
              HasSubstr("one direction gives a sequence"));
  EXPECT_THAT(message(both("concat", R"("units":3,"go_backwards":false)")),
              HasSubstr("'go_backwards' is false"));
}

TEST(KerasDescription, RefusesDamagedJson) {
  EXPECT_THAT(message("{"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(message(std::string(100'000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(message("[]"), HasSubstr("has no settings"));
  EXPECT_THAT(message(R"({"class_name":"Sequential","config":[]})"), HasSubstr("no list of 1 to"));
  EXPECT_THAT(message(R"({"class_name":"Subclassed","config":{}})"), HasSubstr("is a 'Subclassed'"));
  const std::string circle =
      R"({"class_name":"Functional","config":{"name":"m","input_layers":[["a",0,0]],"output_layers":[["a",0,0]],)"
      R"("layers":[{"class_name":"Add","config":{"name":"a"},"inbound_nodes":[[["b",0,0,{}]]]},)"
      R"({"class_name":"Add","config":{"name":"b"},"inbound_nodes":[[["a",0,0,{}]]]}]}})";
  EXPECT_THAT(message(circle), HasSubstr("form a circle"));
}

TEST(KerasDescription, MarksWhatKerasDoesNotKnow) {
  const KerasDescription description = describe_keras(
      R"({"class_name":"Sequential","config":[{"class_name":"Conv3D","config":{"name":"my conv:1",)"
      R"("batch_input_shape":[null,16,null,null,1],"filters":2,"kernel_size":[1,3,3]}}]})",
      "2.15.0", "a/net.h5");
  EXPECT_TRUE(description.open_input);
  EXPECT_THAT(description.yaml, HasSubstr("# From net.h5. Keras does not say how its input was prepared"));
  EXPECT_THAT(description.yaml, HasSubstr("# The file leaves frames, height or width open"));
  EXPECT_THAT(description.yaml, HasSubstr("{layer: conv3d, name: my_conv_1, filters: 2, kernel: [1, 3, 3]}"));
  EXPECT_EQ(parse_architecture(description.yaml, "net").graph.input, (Extents{1, 16, 120, 120}));
}

}  // namespace
}  // namespace actionflow::testing
