// What training chooses on the validation split goes with the weights, and every command takes it from there.
#include <gmock/gmock.h>

#include "models/formats/weight_files.h"
#include "tests/pipeline/training/training_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

// A validation split of so many videos.
void hold_out(const TrainingBench& bench, int videos) {
  std::string list;
  for (int i = 0; i < videos; ++i) {
    const std::string name = "held_out" + std::to_string(i) + ".mp4";
    std::filesystem::copy_file(bench / ("data/v" + std::to_string(i % 18) + ".mp4"), bench / "data" / name);
    list += name + " " + std::to_string(i % 18 % 2) + "\n";
  }
  bench.write("data/val.txt", list);
}

TEST(KeptCalibration, IsFittedByTrainAndUsedByEvaluateAndShownByInspect) {
  const TrainingBench bench;
  hold_out(bench, 24);
  const auto trained = bench.train({"epochs=2"});
  ASSERT_EQ(trained.code, 0) << trained.err;

  const auto command = [&](const std::vector<std::string>& words) {
    const auto ended = bench.run(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  };
  const std::string weights = bench / "run/best.safetensors", recipe = bench / "recipe.yaml";
  const auto kept = nlohmann::json::parse(
      command({ACTIONFLOW_PROGRAM, "inspect", "--json", "--weights", weights}))["calibration"];
  EXPECT_EQ(kept["chosen_on"], "val, 24 videos");
  EXPECT_GT(kept["none_below"], 0.0);
  EXPECT_LE(kept["none_below"], 1.0);
  EXPECT_THAT(command({ACTIONFLOW_PROGRAM, "inspect", "--weights", weights}),
              HasSubstr("chosen on val, 24 videos"));

  const auto evaluated = nlohmann::json::parse(command({ACTIONFLOW_PROGRAM, "evaluate", "--json", recipe}));
  EXPECT_EQ(evaluated["calibrated_on"], kept["chosen_on"]);
  EXPECT_EQ(evaluated["threshold"], kept["none_below"]);
  EXPECT_EQ(evaluated["temperature"], kept.value("temperature", 1.0));
  const auto otherwise =
      nlohmann::json::parse(command({ACTIONFLOW_PROGRAM, "evaluate", "--json", "--uncalibrated", recipe}));
  EXPECT_FALSE(otherwise.contains("calibrated_on"));
  EXPECT_TRUE(otherwise["threshold"].is_number());
  EXPECT_EQ(otherwise["top1"], evaluated["top1"]);
}

TEST(KeptCalibration, IsAddedToWeightsThatHaveNone) {
  const TrainingBench bench;
  hold_out(bench, 24);
  const auto trained = bench.train({"epochs=1"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  Model model = load_model(bench / "run/best.safetensors");
  const std::optional<Calibration> kept = model.calibration;
  ASSERT_TRUE(kept.has_value());
  model.calibration.reset();
  save_model(model, bench / "bare.safetensors");
  const auto ended = bench.run({ACTIONFLOW_PROGRAM, "evaluate", bench / "recipe.yaml", "--weights",
                                bench / "bare.safetensors", "--calibrate", bench / "calibrated.safetensors"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(load_model(bench / "calibrated.safetensors").calibration, kept);
}

TEST(KeptCalibration, ASplitThatIsTooSmallIsSaid) {
  const TrainingBench bench;
  ASSERT_EQ(bench.train({"epochs=1"}).code, 0);
  const auto ended = bench.run({ACTIONFLOW_PROGRAM, "evaluate", bench / "recipe.yaml", "--calibrate",
                                bench / "calibrated.safetensors"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("at least 20 readable videos"));
  EXPECT_FALSE(std::filesystem::exists(bench / "calibrated.safetensors"));
}

}  // namespace
}  // namespace actionflow::testing
