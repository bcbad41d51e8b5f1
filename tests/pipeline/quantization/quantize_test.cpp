// `actionflow quantize` on a small trained network, and its weights in int8.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/formats/weight_files.h"
#include "tests/pipeline/training/training_bench.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class QuantizeCommand : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    bench_ = new TrainingBench;
    bench_->write(
        "model.yaml",
        "name: small\ninput: {channels: 1, frames: 6, frame_rate: 10, height: 16, width: 16}\nlayers:\n"
        "  - {layer: conv3d, name: first, filters: 16, kernel: 3, padding: same, activation: relu}\n"
        "  - {layer: max_pool3d, size: [1, 2, 2]}\n"
        "  - {layer: conv3d, name: second, filters: 16, kernel: 3, padding: same, activation: relu}\n"
        "  - {layer: max_pool3d, size: 2}\n  - flatten\n"
        "  - {layer: dense, name: fc, units: classes, activation: softmax}\n");
    const auto trained = bench_->train();
    ASSERT_EQ(trained.code, 0) << trained.err;
  }
  static void TearDownTestSuite() {
    delete bench_;
    bench_ = nullptr;
  }

  static std::string weights() { return *bench_ / "run/best.safetensors"; }

  static TrainingBench::Ended quantize(const std::string& output, std::vector<std::string> words = {}) {
    std::vector<std::string> all{ACTIONFLOW_PROGRAM,      "quantize", "--weights",     weights(), "--data",
                                 *bench_ / "recipe.yaml", "--output", *bench_ / output};
    all.insert(all.end(), words.begin(), words.end());
    return bench_->run(all);
  }

  static TrainingBench* bench_;
};

TrainingBench* QuantizeCommand::bench_ = nullptr;

TEST_F(QuantizeCommand, MakesWeightsThatRunInInt8) {
  const auto ended = quantize("int8.safetensors", {"--json", "--loss", "100%"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json report = json::parse(ended.out);
  ASSERT_EQ(report["layers"].size(), 2U);
  EXPECT_EQ(report["layers"][1]["name"], "second");
  EXPECT_EQ(report["layers"][1]["precision"], "int8");
  EXPECT_EQ(report["clips"], 4);
  EXPECT_LT(report["error"], 0.2);

  const auto judged =
      bench_->run({ACTIONFLOW_PROGRAM, "evaluate", *bench_ / "recipe.yaml", "--split", "val", "--json",
                   "--precision", "int8", "--weights", *bench_ / "int8.safetensors"});
  ASSERT_EQ(judged.code, 0) << judged.err;
  EXPECT_EQ(json::parse(judged.out)["top1"], report["accuracy_int8"]);

  const auto plan = bench_->run({ACTIONFLOW_PROGRAM, "inspect", "--plan", "--precision", "int8", "--weights",
                                 *bench_ / "int8.safetensors"});
  EXPECT_THAT(plan.out, HasSubstr("ndhwc16 u8 -> ndhwc16 u8"));
  const auto about = bench_->run({ACTIONFLOW_PROGRAM, "inspect", "--weights", *bench_ / "int8.safetensors"});
  EXPECT_THAT(about.out, HasSubstr("ranges from train, 12 videos, mse"));
}

TEST_F(QuantizeCommand, TakesAListOfVideos) {
  const auto ended = bench_->run({ACTIONFLOW_PROGRAM, "quantize", "--weights", weights(), "--data",
                                  *bench_ / "data/train.txt", "--output", *bench_ / "list.safetensors",
                                  "--json", "--loss", "1"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json report = json::parse(ended.out);
  EXPECT_THAT(std::string(report["chosen_on"]), HasSubstr("a list, "));
  EXPECT_GE(report["clips"], 3);
}

TEST_F(QuantizeCommand, WritesTheSameBytesEachTime) {
  ASSERT_EQ(quantize("one.safetensors", {"--range", "entropy", "--threads", "1"}).code, 0);
  ASSERT_EQ(quantize("two.safetensors", {"--range", "entropy", "--threads", "2"}).code, 0);
  EXPECT_EQ(text_of(*bench_ / "one.safetensors"), text_of(*bench_ / "two.safetensors"));
}

TEST_F(QuantizeCommand, KeepsTheWeightsThemselves) {
  ASSERT_EQ(quantize("kept.safetensors").code, 0);
  const Model before = load_model(weights()), after = load_model(*bench_ / "kept.safetensors");
  EXPECT_TRUE(after.weights.quantization.has_value());
  ASSERT_EQ(before.weights.tensors.size(), after.weights.tensors.size());
  for (const auto& [name, tensor] : before.weights.tensors) {
    const auto values = after.weights.tensors.at(name).values();
    EXPECT_TRUE(std::equal(tensor.values().begin(), tensor.values().end(), values.begin(), values.end()));
  }
}

TEST_F(QuantizeCommand, IsWhatInt8AsksFor) {
  const auto ended = bench_->run({ACTIONFLOW_PROGRAM, "evaluate", *bench_ / "recipe.yaml", "--precision",
                                  "int8", "--weights", weights()});
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("small"), HasSubstr("actionflow quantize MODEL.yaml")));
}

TEST_F(QuantizeCommand, RangesThatAreNoneAreNamed) {
  ASSERT_EQ(quantize("good.safetensors").code, 0);
  Model model = load_model(*bench_ / "good.safetensors");
  model.weights.quantization->ranges["first"] = {1, 2};
  save_model(model, *bench_ / "bad.safetensors");
  const auto ended = bench_->run({ACTIONFLOW_PROGRAM, "inspect", "--weights", *bench_ / "bad.safetensors"});
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("bad.safetensors"), HasSubstr("'first'")));
}

TEST_F(QuantizeCommand, RefusesWhatIsNoLoss) {
  for (const char* loss : {"much", "-1%", "101%", "1.5", "0.5%%", ""}) {
    const auto ended = quantize("never.safetensors", {"--loss", loss});
    EXPECT_EQ(ended.code, 2) << loss;
    EXPECT_THAT(ended.err, HasSubstr("--loss"));
  }
}

TEST(QuantizeShipped, NetworksKeepTheirAnswersForDrawnClips) {
  const TrainingBench bench;
  const std::string drawn = bench / "drawn";
  ASSERT_EQ(bench.run({ACTIONFLOW_PROGRAM, "generate", drawn, "--clips", "60", "--seed", "5"}).code, 0);
  for (const std::string name : {"cnn3d", "fusion", "cnn_lstm"}) {
    const auto ended = bench.run({ACTIONFLOW_PROGRAM, "quantize", "--weights", "action_" + name, "--data",
                                  project_root() / ("configs/training/synthetic_" + name + ".yaml"),
                                  "--output", bench / (name + ".safetensors"), "--loss", "100%", "--json",
                                  "data.root=" + drawn, "output=" + std::string(bench / "out")});
    ASSERT_EQ(ended.code, 0) << ended.err;
    const json report = json::parse(ended.out);
    EXPECT_GE(report["clips"], 5);
    EXPECT_EQ(report["agreement"], 1) << name;
    EXPECT_LT(report["error"], 0.05) << name;
    EXPECT_GE(report["layers"].size(), 4U);
    for (const json& layer : report["layers"]) EXPECT_EQ(layer["precision"], "int8");
  }
}

}  // namespace
}  // namespace actionflow::testing
