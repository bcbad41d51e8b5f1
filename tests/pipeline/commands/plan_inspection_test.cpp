// What inspect tells of a network that runs.
#include "tests/pipeline/commands/program_fixture.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(Program, InspectShowsWhatWindowsShare) {
  const std::string model = project_root() / "configs/models/action_cnn_lstm.yaml";
  const json windows = run({"inspect", model, "--plan", "--hop", "4", "--json"}).lines().front()["windows"];
  EXPECT_EQ(windows["frames"], 20);
  EXPECT_EQ(windows["layers"][0]["name"], "stage1.conv");
  EXPECT_EQ(windows["layers"][0]["computed"], 4);
  EXPECT_EQ(windows["layers"][0]["kept"], 14);
  EXPECT_GT(windows["macs_whole_windows"].get<double>(), 3 * windows["macs"].get<double>());
  const Ended alone = run({"inspect", model_, "--plan", "--hop", "4"});
  EXPECT_THAT(alone.out, HasSubstr("windows of 30 samples, one every 4: each by itself"));
  expect_error(run({"inspect", model, "--hop", "4"}), 2, "--hop stands beside --plan");
}

TEST_F(Program, WhatTuneMeasuresIsKeptAndSaidByResults) {
  const std::string kernels = folder_ / "kernels.json";
  const Ended tuned = run({"inspect", "--plan", "--tune", "--json", "--kernels", kernels, model_});
  ASSERT_EQ(tuned.code, 0) << tuned.err;
  const json plan = tuned.lines().at(0);
  EXPECT_THAT(plan["kernels"].get<std::string>(), ::testing::StartsWith("measured "));
  const auto said = [&](const std::vector<std::string>& flags) {
    std::vector<std::string> words{"classify", "--json", "--windows", "--weights", weights_, video()};
    words.insert(words.end(), flags.begin(), flags.end());
    const Ended ended = run(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.lines().back()["kernels"];
  };
  EXPECT_EQ(said({"--kernels", kernels}), plan["kernels"]);
  EXPECT_EQ(said({"--kernels", "fixed"}), "fixed");
  EXPECT_THAT(run({"inspect", "--plan", "--kernels", kernels, model_}).out, HasSubstr("(measured: "));
  EXPECT_THAT(run({"inspect", "--plan", "--kernels", "fixed", model_}).out, HasSubstr("--tune times them"));
  expect_error(run({"classify", video(), "--weights", weights_, "--kernels", "/nowhere.json"}), 4,
               "cannot open /nowhere.json");
  expect_error(run({"inspect", "--tune", model_}), 2, "--tune stands beside --plan");
  expect_error(run({"inspect", "--plan", "--tune", "--kernels", "fixed", model_}), 2, "leaves aside");
}

}  // namespace
}  // namespace actionflow::testing
