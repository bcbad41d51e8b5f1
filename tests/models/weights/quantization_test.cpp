// Ranges in a file's header: what is written reads back, and what is none is refused by name.
#include "models/weights/quantization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Graph graph_of(const std::vector<std::string>& names) {
  Graph graph;
  for (const std::string& name : names) {
    GraphNode node;
    node.name = name;
    graph.nodes.push_back(node);
  }
  return graph;
}

std::string refusal(const std::string& json) {
  try {
    parse_quantization(json, graph_of({"conv1", "relu1"}), "w.safetensors");
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

TEST(Quantization, ReadsBackAsWritten) {
  const Quantization written{
      .chosen_on = "train, 64 clips",
      .ranges = {{kInputRange, {-2.1F, 2.64F}}, {"conv1", {-0.1F, 3}}, {"relu1", {0, 0}}},
      .higher_precision = {"conv1"},
      .loss = {48, 0.9375, 0.9166666666666666, 0.95, 0.0123}};
  EXPECT_EQ(parse_quantization(print_quantization(written), graph_of({"conv1", "relu1"}), "w"), written);
}

TEST(Quantization, RefusesWhatIsNoRangeByName) {
  for (const char* range : {"[1,2]", "[-2,-1]", "[0]", "[0,1,2]", "[0,null]", "\"wide\"", "[0,\"1\"]",
                            "[-1e+39,1]", "[2,1]", "null"})
    EXPECT_THAT(refusal(std::string(R"({"ranges": {"conv1": )") + range + "}}"),
                AllOf(HasSubstr("w.safetensors"), HasSubstr("'conv1'"), HasSubstr(range)))
        << range;
  EXPECT_THAT(refusal(R"({"ranges": {"": [1, 2]}})"), HasSubstr("the input"));
}

TEST(Quantization, RefusesWhatTheNetworkHasNot) {
  EXPECT_THAT(refusal(R"({"ranges": {"conv7": [0, 1]}})"), HasSubstr("'conv7'"));
  EXPECT_THAT(refusal(R"({"ranges": {}, "higher_precision": ["conv8"]})"), HasSubstr("'conv8'"));
}

TEST(Quantization, RefusesWhatIsNoQuantization) {
  for (const char* text : {"", "{", "[]", "NaN", R"({"ranges": [0, 1]})", R"({"chosen_on": "x"})",
                           R"({"ranges": {"conv1": [0, NaN]}})", R"({"ranges": {}, "higher_precision": [1]})",
                           R"({"ranges": {}, "loss": {"clips": -1}})"})
    EXPECT_THAT(refusal(text), HasSubstr("quantiz")) << text;
}

}  // namespace
}  // namespace actionflow::testing
