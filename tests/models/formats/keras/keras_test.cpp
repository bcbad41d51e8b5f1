// What Keras' own description of a network gives, and what of it cannot be described.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "models/description/architecture.h"
#include "models/formats/keras/keras_config.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

TEST(KerasDescription, TheLastDenseLayerHasAsManyUnitsAsThereAreClasses) {
  const auto description = describe_keras(
      sequential(R"({"class_name":"Flatten","config":{"name":"f"}},)"
                 R"({"class_name":"Dense","config":{"name":"d","units":3,"activation":"softmax"}})"),
      "2.15.0", "net.h5");
  EXPECT_THAT(description.yaml, HasSubstr("classes: 3"));
  EXPECT_THAT(description.yaml, HasSubstr("units: classes"));
}

TEST(KerasDescription, PadsWhatSlidesOverZerosAround) {
  const std::string padding =
      R"({"class_name":"ZeroPadding3D","config":{"name":"p","padding":[[1,0],[2,1],[0,3]]}})";
  const std::string conv =
      R"(,{"class_name":"Conv3D","config":{"name":"c","filters":4,"kernel_size":[3,3,3],"padding":"valid"}})";
  EXPECT_THAT(describe_keras(sequential(padding + conv), "2.15.0", "net.h5").yaml,
              HasSubstr("padding: [[1, 0], [2, 1], [0, 3]]"));
  const std::string pool = R"(,{"class_name":"MaxPooling3D","config":{"name":"m","pool_size":[2,2,2]}})";
  EXPECT_THAT(message(sequential(padding + pool)),
              HasSubstr("layer 'm' (MaxPooling3D): its input is padded"));
  const std::string relu = R"({"class_name":"ReLU","config":{"name":"r"}},)";
  EXPECT_THAT(describe_keras(sequential(relu + padding + pool), "2.15.0", "net.h5").yaml,
              HasSubstr("padding: [[1, 0], [2, 1], [0, 3]]"));
  EXPECT_THAT(message(sequential(padding)), HasSubstr("layer 'p' (ZeroPadding3D): is the network's end"));
}

TEST(KerasDescription, NamesTheLayerThatIsNotKnown) {
  EXPECT_EQ(message(sequential(R"({"class_name":"UpSampling3D","config":{"name":"cell"}})")),
            "net.h5: layer 'cell' (UpSampling3D): this class of layer is not known here");
  EXPECT_THAT(message(sequential(R"({"class_name":"Lambda","config":{"name":"f"}})")),
              HasSubstr("layer 'f' (Lambda): holds Python code"));
  EXPECT_THAT(
      message(sequential(R"({"class_name":"Dense","config":{"name":"d","units":3,"activation":"glu"}})")),
      HasSubstr("layer 'd' (Dense): the activation 'glu' is not known here"));
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
  ASSERT_GT(networks.size(), 30U);
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

// `shape` and `dtype` as either version writes them.
std::string hard_sigmoid(const std::string& shape, const std::string& dtype = R"("float32")") {
  return R"({"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"InputLayer","config":)"
         R"({"name":"in",)" +
         shape + R"(}},{"class_name":"Dense","config":{"name":"d","units":3,"dtype":)" + dtype +
         R"(,"activation":"hard_sigmoid"}}]}})";
}

TEST(KerasDescription, TheFormTellsTheVersionThatTheFileDoesNotSay) {
  const std::string third = "slope: 0.16666667";
  EXPECT_THAT(describe_keras(hard_sigmoid(R"("batch_shape":[null,4])"), "", "net.h5").yaml, HasSubstr(third));
  EXPECT_THAT(describe_keras(hard_sigmoid(R"("batch_input_shape":[null,4])"), "", "net.h5").yaml,
              Not(HasSubstr(third)));
  // What the file says goes before.
  EXPECT_THAT(describe_keras(hard_sigmoid(R"("batch_shape":[null,4])"), "2.15.0", "net.h5").yaml,
              Not(HasSubstr(third)));
  std::ifstream stream(golden("keras_versions/refused.json"));
  for (const nlohmann::json& network : nlohmann::json::parse(stream)) {
    try {
      describe_keras(network["config"], "", "net.h5");
      ADD_FAILURE() << network["names"] << " was taken";
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("does not say which")));
    }
  }
}

// A network whose shape was known late has no input layer.
TEST(KerasDescription, RefusesWhatDependsOnAVersionThatNothingTells) {
  const auto built_late = [](const std::string& layer) {
    return R"({"class_name":"Sequential","config":{"name":"s","build_input_shape":[null,6,4],"layers":[)" +
           layer + "]}}";
  };
  const auto said = [&](const std::string& layer) {
    try {
      return describe_keras(built_late(layer), "", "net.h5").yaml;
    } catch (const ModelError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(
      said(R"({"class_name":"LSTM","config":{"name":"l","units":3,"recurrent_activation":"hard_sigmoid"}})"),
      "net.h5: layer 'l' (LSTM): 'hard_sigmoid' means one thing in Keras 2 and another in Keras 3, and the "
      "file does not say which wrote it; set its attribute keras_version, or save it anew");
  EXPECT_THAT(said(R"({"class_name":"GRU","config":{"name":"g","units":3}})"),
              HasSubstr("'reset_after' means"));
  EXPECT_THAT(said(R"({"class_name":"GRU","config":{"name":"g","units":3,"reset_after":false}})"),
              HasSubstr("reset_after: false"));
  EXPECT_THAT(said(R"({"class_name":"LSTM","config":{"name":"l","units":3}})"), HasSubstr("units: 3"));
  const std::string policy = R"({"module":"keras","class_name":"DTypePolicy","config":{"name":"float32"}})";
  EXPECT_THAT(said(R"({"class_name":"LSTM","config":{"name":"l","units":3,"dtype":)" + policy +
                   R"(,"recurrent_activation":"hard_sigmoid"}})"),
              HasSubstr("slope: 0.16666667"));
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
  EXPECT_THAT(message(R"({"units":1e999})"), HasSubstr("holds a number that is too large"));
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
