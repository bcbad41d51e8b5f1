// What is wrong with a file is said, with the file's name and the node's, and nothing worse happens.
#include "models/formats/onnx/graph/onnx_file.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/error.h"
#include "models/formats/onnx/onnx_network.h"
#include "models/formats/weight_format.h"
#include "tests/models/formats/onnx/onnx_bytes.h"
#include "tests/models/scratch_folder.h"
#include "tests/test_data.h"
#include "tests/tools/damaged_bytes.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string message_of(const std::string& bytes, const std::filesystem::path& file = "net.onnx") {
  try {
    parse_onnx(bytes, file);
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

std::string message_of(const OnnxParts& parts, const std::filesystem::path& file = "net.onnx") {
  return message_of(onnx_bytes(parts), file);
}

OnnxParts small_network() {
  return {.nodes = {node("Conv", {"x", "w"}, "a"), node("Relu", {"a"}, "y")},
          .constants = {floats("w", {3, 2, 1, 1, 1}, 6)}};
}

std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(OnnxFile, ASmallNetworkIsRead) { EXPECT_EQ(message_of(small_network()), ""); }

TEST(OnnxFile, NamesTheNodeThatIsWrong) {
  OnnxParts parts = small_network();
  parts.nodes[0] = node("Conv", {"x"}, "a");
  EXPECT_EQ(message_of(parts), "net.onnx: node 'a' (Conv): its input 1 is missing");
  parts.nodes[0] = node("Conv3000", {"x", "w"}, "a");
  EXPECT_THAT(message_of(parts),
              StartsWith("net.onnx: node 'a' (Conv3000): this operator is not known here"));
  parts.nodes[0] = node("Conv", {"x", "w"}, "a", attribute("group", 7));
  EXPECT_THAT(message_of(parts), StartsWith("net.onnx: node 'a' (Conv): its kernel 3×2×1×1×1 with 7 groups"));
}

// Of a node's further inputs nothing is taken for what its operator works on.
TEST(OnnxFile, StandsInputsThatAnOperatorDoesNotHave) {
  for (const char* op : {"Softmax", "Transpose", "Identity"}) {
    OnnxParts parts = small_network();
    parts.inputs = {named_value("x", {1, 2, 4})};
    parts.nodes = {node("Transpose", {"x"}, "t",
                        field(5, field(1, "perm") + field(8, 0) + field(8, 2) + field(8, 1) + field(20, 7))),
                   node("MatMul", {"t", "x"}, "scores"), node(op, {"x", "scores"}, "y")};
    message_of(parts);
  }
}

TEST(OnnxFile, SaysThatLoopsAreNotRead) {
  OnnxParts parts = small_network();
  parts.nodes[1] = node("Loop", {"a"}, "y", field(5, field(1, "body") + field(6, "") + field(20, 5)));
  EXPECT_THAT(message_of(parts), StartsWith("net.onnx: node 'y' (Loop): holds nodes of its own, as loops"));
}

TEST(OnnxFile, RefusesCirclesAndNamesGivenTwice) {
  OnnxParts parts = small_network();
  parts.nodes = {node("Add", {"x", "b"}, "a"), node("Relu", {"a"}, "b"), node("Relu", {"b"}, "y")};
  EXPECT_EQ(message_of(parts), "net.onnx: node 'a' (Add): reads 'b', which nothing before it gives");
  parts.nodes = {node("Relu", {"nothing"}, "y")};
  EXPECT_THAT(message_of(parts), HasSubstr("reads 'nothing'"));
  parts.nodes = {node("Relu", {"x"}, "y"), node("Tanh", {"x"}, "y")};
  EXPECT_EQ(message_of(parts), "net.onnx: node 'y' (Tanh): gives 'y' once more");
  parts = small_network();
  parts.constants.push_back(parts.constants.front());
  EXPECT_EQ(message_of(parts), "net.onnx: initialiser 'w': stands twice");
  parts = small_network();
  parts.outputs = {named_value("z", {})};
  EXPECT_EQ(message_of(parts), "net.onnx: no node gives its output 'z'");
}

TEST(OnnxFile, RefusesInputsAndOutputsThatAreSeveral) {
  OnnxParts parts = small_network();
  parts.inputs.push_back(named_value("z", {1}));
  EXPECT_EQ(message_of(parts), "net.onnx: has several inputs ('x', 'z'), expected one");
  parts = small_network();
  parts.outputs.push_back(named_value("a", {}));
  EXPECT_EQ(message_of(parts), "net.onnx: has 2 outputs, expected one");
  parts = small_network();
  parts.inputs = {named_value("x", {4, 2, 3, 4, 4})};
  EXPECT_THAT(message_of(parts), HasSubstr("has a batch of 4: export it with a batch of 1, or an open one"));
}

TEST(OnnxFile, RefusesOldOpsets) {
  OnnxParts parts = small_network();
  parts.opset = 12;
  EXPECT_THAT(message_of(parts),
              StartsWith("net.onnx: is of opset 12, expected 13 or later: export it again"));
}

TEST(OnnxFile, RefusesTensorsThatTheFileDoesNotBack) {
  OnnxParts parts = small_network();
  parts.constants = {floats("w", {3, 2, 1, 1, 2}, 6)};
  EXPECT_EQ(message_of(parts), "net.onnx: initialiser 'w': holds 24 bytes, expected 48 for 3×2×1×1×2");
  parts.constants = {floats("w", {std::int64_t{1} << 40, 1 << 20, 1 << 20, 1 << 20, 1 << 20}, 6)};
  EXPECT_THAT(message_of(parts), HasSubstr("is larger than a file"));
  parts.constants = {floats("w", {-3, 2, 1, 1, 1}, 6)};
  EXPECT_THAT(message_of(parts), HasSubstr("has an extent of -3"));
  parts.constants = {tensor_head("w", {3, 2, 1, 1, 1}, 8)};
  EXPECT_THAT(message_of(parts), HasSubstr("its type 8 is not read here"));
}

TEST(OnnxFile, RefusesConstantsThatGrowBeyondTheFile) {
  OnnxParts parts;
  parts.nodes = {node("ConstantOfShape", {"s"}, "c"), node("Add", {"x", "c"}, "y")};
  parts.constants = {integers("s", {1 << 20, 1 << 20})};
  EXPECT_THAT(message_of(parts),
              HasSubstr("node 'c' (ConstantOfShape): its result [1048576, 1048576] is larger"));
  parts.nodes[0] = node("Range", {"a", "b", "d"}, "c");
  parts.constants = {integers("a", {0}), integers("b", {INT64_MAX}), integers("d", {1})};
  EXPECT_THAT(message_of(parts), HasSubstr("node 'c' (Range): its result"));
  parts.nodes[0] = node("Mul", {"a", "a"}, "c");
  parts.constants = {integers("a", {INT64_MAX})};
  EXPECT_THAT(message_of(parts), HasSubstr("grow beyond 64 bits"));
}

TEST(OnnxFile, RefusesValuesBeyondWhatANetworkMayHave) {
  OnnxParts parts = small_network();
  parts.inputs = {named_value("x", {1, 2, 1 << 12, 1 << 12, 1 << 12})};
  EXPECT_THAT(message_of(parts), HasSubstr("its input 'x' is too large"));
  parts.inputs = {named_value("x", {1, 2, 3, INT64_MAX, 4})};
  EXPECT_THAT(message_of(parts), HasSubstr("has an extent of"));
}

TEST(OnnxFile, CountsNodesBeforeItMakesThem) {
  std::string graph;
  for (int i = 0; i < 600'000; ++i) graph += field(1, "");
  EXPECT_THAT(message_of(field(1, 8) + field(7, graph)), HasSubstr("has more than 500000 nodes"));
}

TEST(OnnxFile, RefusesWhatIsNoOnnxFile) {
  EXPECT_EQ(message_of(std::string()), "net.onnx: is no ONNX file, or damaged");
  EXPECT_EQ(message_of(std::string(100, '\xFF')), "net.onnx: is no ONNX file, or damaged");
  std::string nested;
  for (int i = 0; i < 200; ++i) nested = field(1, field(5, field(6, nested)));
  EXPECT_EQ(message_of(field(1, 8) + field(7, nested)), "net.onnx: is no ONNX file, or damaged");
  EXPECT_TRUE(onnx::looks_like_onnx(onnx_bytes(small_network())));
  EXPECT_FALSE(onnx::looks_like_onnx("PK\x03\x04"));
}

// ---- external data ----

std::string external(const std::string& location, const std::string& more = {}) {
  return tensor_head("w", {3, 2, 1, 1, 1}) + field(13, field(1, "location") + field(2, location)) + more +
         field(14, 1);
}

class OnnxExternalData : public ::testing::Test {
 protected:
  ScratchFolder scratch_;
  std::filesystem::path folder_ = scratch_.path() / "model", file_ = folder_ / "net.onnx";

  void SetUp() override {
    std::filesystem::create_directories(folder_ / "below");
    for (const auto& path : {folder_ / "w.bin", folder_ / "below/w.bin", scratch_.path() / "outside.bin"})
      std::ofstream(path) << std::string(24, '\0');
  }
  std::string message(const std::string& constant) {
    OnnxParts parts = small_network();
    parts.constants = {constant};
    return message_of(parts, file_);
  }
};

TEST_F(OnnxExternalData, IsReadInTheModelsFolder) {
  EXPECT_EQ(message(external("w.bin")), "");
  EXPECT_EQ(message(external("below/w.bin")), "");
}

TEST_F(OnnxExternalData, IsReadNowhereElse) {
  std::filesystem::create_symlink(scratch_.path() / "outside.bin", folder_ / "link.bin");
  std::filesystem::create_directory_symlink(scratch_.path(), folder_ / "up");
  for (const std::string& location :
       {std::string("../outside.bin"), (scratch_.path() / "outside.bin").string(), std::string("link.bin"),
        std::string("up/outside.bin"), std::string("below/../../outside.bin"), std::string(),
        std::string("below"), std::string("w.bin\0x", 7)})
    EXPECT_THAT(message(external(location)),
                AllOf(HasSubstr("initialiser 'w'"), HasSubstr("only files in the model's own folder")))
        << location;
}

TEST_F(OnnxExternalData, ThatIsNotThereOrTooShortIsRefused) {
  EXPECT_THAT(message(external("none.bin")), HasSubstr("cannot be read"));
  EXPECT_THAT(message(external("w.bin", field(13, field(1, "offset") + field(2, "8")))),
              HasSubstr("its data are 16 bytes, expected 24"));
  EXPECT_THAT(message(external("w.bin", field(13, field(1, "offset") + field(2, "18446744073709551615")))),
              HasSubstr("which has 24"));
  EXPECT_THAT(message(external("w.bin", field(13, field(1, "length") + field(2, "-1")))),
              HasSubstr("expected a number"));
}

// ---- damage ----

// An error, or a network that a model file can say.
bool reads(const std::string& bytes) {
  try {
    const OnnxNetwork network = parse_onnx(bytes, "net.onnx");
    parse_held_architecture(network.yaml, "net.onnx");
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

class OnnxDamage : public ::testing::TestWithParam<std::string> {
 protected:
  std::string good_ = read_bytes(golden("onnx_networks/" + GetParam() + "/network.onnx"));
};

TEST_P(OnnxDamage, TruncatedFilesAreRefused) {
  ASSERT_TRUE(reads(good_));
  int read = 0;
  for (std::size_t size = 0; size < good_.size(); ++size) read += reads(good_.substr(0, size)) ? 1 : 0;
  EXPECT_LE(read, 2);  // what is cut away at the end may be what nothing needs
}

TEST_P(OnnxDamage, StandsRandomMutations) {
  int read = 0;
  DamagedBytes damaged(good_);
  for (int round = 0; round < 1000; ++round) {
    const std::string bad = damaged.next();
    read += reads(bad) ? 1 : 0;
  }
  EXPECT_GT(read, 5);
}

INSTANTIATE_TEST_SUITE_P(Of, OnnxDamage,
                         ::testing::Values("residual", "two_rates_export", "frames_then_lstm",
                                           "shape_arithmetic", "hard_recurrence", "typed_weights", "products",
                                           "outer_sum", "attention", "rolled_windows_export",
                                           "norm_and_gelu_in_parts"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace actionflow::testing
