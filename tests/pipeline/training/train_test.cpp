// `train` as people run it, on small videos: what it learns, that it can be stopped anywhere, what it
// refuses.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/random.h"
#include "tests/pipeline/training/training_bench.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointwise;

class Train : public ::testing::Test {
 protected:
  void expect_refused(const TrainingBench::Ended& ended, int code, const std::string& part) {
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(part));
    EXPECT_THAT(ended.err, Not(HasSubstr("terminate")));
  }
  std::vector<nlohmann::json> epochs_of(const std::string& output) const {
    std::istringstream lines(text_of(bench_ / output / "metrics.jsonl"));
    std::vector<nlohmann::json> epochs;
    for (std::string line; std::getline(lines, line);) epochs.push_back(nlohmann::json::parse(line));
    return epochs;
  }
  // What stands in a folder, to tell that something was written.
  static std::string listing(const std::filesystem::path& folder) {
    std::string all;
    std::error_code gone;  // what is listed may be replaced meanwhile
    for (const auto& entry : std::filesystem::directory_iterator(folder, gone)) {
      struct stat status {};
      if (::stat(entry.path().c_str(), &status) == 0)
        all += fmt::format("{} {} {}\n", entry.path().filename().string(), status.st_ino, status.st_size);
    }
    return all;
  }
  // Until a run has changed its folder so many times as one sees it, or has ended.
  static void wait_for_changes(ChildProcess& child, const std::filesystem::path& folder,
                               std::uint64_t times) {
    std::string before = listing(folder);
    EXPECT_TRUE(wait_for([&] {
      if (const std::string now = listing(folder); now != before) {
        before = now;
        if (times > 0) --times;
      }
      return times == 0 || !child.running();
    }));
  }
  // Runs with these words until it ends by itself, killed or interrupted `times` times on the way.
  void train_with_stops(const std::vector<std::string>& words, const std::filesystem::path& output,
                        int signal, int times, std::uint64_t seed) {
    Random random(seed, "stops");
    for (int i = 0; i < times; ++i) {
      ChildProcess child(bench_.command(words), bench_ / "stopped.txt");
      wait_for_changes(child, output, random.below(12));
      child.signal(signal);
      const int code = child.wait();
      ASSERT_THAT(code, ::testing::AnyOf(0, 130, 128 + signal)) << text_of(bench_ / "stopped.txt");
    }
    const auto ended = bench_.train(words);
    ASSERT_EQ(ended.code, 0) << ended.err;
  }

  TrainingBench bench_;
};

TEST_F(Train, LearnsWhichWayASquareMoves) {
  const auto ended = bench_.train({"epochs=25"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::vector<nlohmann::json> epochs = epochs_of("run");
  double best = 0;
  for (const nlohmann::json& epoch : epochs) best = std::max(best, epoch["val_top1"].get<double>());
  EXPECT_EQ(epochs.size(), 25U);
  EXPECT_EQ(best, 1.0);
  EXPECT_GE(epochs.back()["train_top1"], 0.9);

  const auto classified = bench_.run({ACTIONFLOW_PROGRAM, "classify", "--json", bench_ / "data/v16.mp4",
                                      "--weights", bench_ / "run/best.safetensors"});
  ASSERT_EQ(classified.code, 0) << classified.err;
  EXPECT_THAT(classified.out, HasSubstr("\"label\":\"left\""));
}

TEST_F(Train, WritesItsFilesAndALineAnEpoch) {
  const auto ended = bench_.train({"--json", "epochs=2", "data.augment.mixup=0.2", "ema.decay=0.9"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  for (const char* file : {"last.safetensors", "best.safetensors", "metrics.jsonl", "recipe.yaml"})
    EXPECT_TRUE(std::filesystem::exists(bench_ / "run" / file)) << file;
  EXPECT_EQ(ended.out, text_of(bench_ / "run/metrics.jsonl"));
  const auto line = nlohmann::json::parse(ended.out.substr(0, ended.out.find('\n')));
  for (const char* key : {"epoch", "loss", "train_top1", "val_top1", "samples_per_second", "data_wait"})
    EXPECT_TRUE(line.contains(key)) << key;
  EXPECT_GE(line["data_wait"], 0.0);
  EXPECT_LE(line["data_wait"], 1.0);
}

TEST_F(Train, TwoRunsAreEqualToTheBitWhateverTheWorkers) {
  const std::vector<std::string> changes{
      "data.augment.mixup=0.3", "ema.decay=0.95", "schedule.kind=one_cycle",
      "batch_norm=reestimate",  "accumulate=2",   "epochs=4"};
  auto first = changes, second = changes;
  first.insert(first.end(), {"output=" + (bench_ / "a").string(), "workers=1"});
  second.insert(second.end(), {"output=" + (bench_ / "b").string(), "workers=4"});
  ASSERT_EQ(bench_.train(first).code, 0);
  ASSERT_EQ(bench_.train(second).code, 0);
  EXPECT_EQ(bench_.metrics("a"), bench_.metrics("b"));
  EXPECT_EQ(bench_.best("a"), bench_.best("b"));
  auto third = changes;
  third.insert(third.end(), {"output=" + (bench_ / "c").string(), "seed=4"});
  ASSERT_EQ(bench_.train(third).code, 0);
  EXPECT_NE(bench_.metrics("a"), bench_.metrics("c"));
}

TEST_F(Train, StoppedAnywhereAndGoneOnWithEqualsTheWholeRun) {
  const std::vector<std::string> changes{"epochs=40", "ema.decay=0.9", "schedule.kind=plateau",
                                         "schedule.patience=2"};
  auto whole = changes, stopped = changes;
  whole.push_back("output=" + (bench_ / "whole").string());
  stopped.insert(stopped.end(), {"--resume", "output=" + (bench_ / "stopped").string()});
  ASSERT_EQ(bench_.train(whole).code, 0);
  train_with_stops(stopped, bench_ / "stopped", SIGINT, 8, 1);
  EXPECT_EQ(bench_.metrics("stopped"), bench_.metrics("whole"));
  EXPECT_EQ(bench_.best("stopped"), bench_.best("whole"));
}

TEST_F(Train, KilledAnywhereAndGoneOnWithEqualsTheWholeRun) {
  const std::vector<std::string> changes{"epochs=40", "checkpoint.steps=1"};
  auto whole = changes, killed = changes;
  whole.push_back("output=" + (bench_ / "whole").string());
  killed.insert(killed.end(), {"--resume", "output=" + (bench_ / "killed").string()});
  ASSERT_EQ(bench_.train(whole).code, 0);
  train_with_stops(killed, bench_ / "killed", SIGKILL, 12, 2);
  EXPECT_EQ(bench_.metrics("killed"), bench_.metrics("whole"));
  EXPECT_EQ(bench_.best("killed"), bench_.best("whole"));
  for (const auto& entry : std::filesystem::directory_iterator(bench_ / "killed"))
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".tmp-")));
}

TEST_F(Train, CtrlCLeavesACheckpointAndIsExit130) {
  ChildProcess child(bench_.command({"--json", "epochs=100000"}), bench_ / "err.txt");
  ASSERT_TRUE(child.read_line(60)) << text_of(bench_ / "err.txt");
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(), 130);
  EXPECT_THAT(text_of(bench_ / "err.txt"), HasSubstr("--resume"));
  EXPECT_EQ(bench_.train({"--resume", "epochs=1"}).code, 0);
}

TEST_F(Train, RefusesAnOutputThatIsNotEmptyOrInUse) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  expect_refused(bench_.train({"epochs=1"}), 2, "is not empty");
  ChildProcess other(bench_.command({"--json", "epochs=100000", "output=" + (bench_ / "busy").string()}),
                     bench_ / "err.txt");
  ASSERT_TRUE(other.read_line(60)) << text_of(bench_ / "err.txt");
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{}, {"--resume"}}) {
    auto all = words;
    all.push_back("output=" + (bench_ / "busy").string());
    expect_refused(bench_.train(all), 2, "is in use by another training run");
  }
  bench_.write("a_file", "");
  expect_refused(bench_.train({"output=" + (bench_ / "a_file").string()}), 2, "is a file");
}

TEST_F(Train, RefusesACheckpointOfAnotherRunOrADamagedOne) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  expect_refused(bench_.train({"--resume", "batch=4"}), 4, "batch was 5 and is 4");
  expect_refused(bench_.train({"--resume", "seed=9"}), 4, "seed was 3 and is 9");
  expect_refused(bench_.train({"--resume", "network.input.frames=8"}), 4, "last.safetensors");
  expect_refused(bench_.train({"--resume", "optimizer.kind=sgd"}), 4, "last.safetensors");
  const std::string good = text_of(bench_ / "run/last.safetensors");
  std::string flipped = good;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 4);
  for (const std::string& bad : {flipped, good.substr(0, good.size() / 2), std::string("text")}) {
    bench_.write("run/last.safetensors", bad);
    expect_refused(bench_.train({"--resume", "epochs=2"}), 4, "last.safetensors");
    EXPECT_EQ(text_of(bench_ / "run/last.safetensors"), bad);
  }
}

TEST_F(Train, ALossThatIsNotFiniteStopsWithStepAndLayerAndLosesNothing) {
  const auto ended =
      bench_.train({"optimizer={kind: sgd, learning_rate: 1.0e+30}", "schedule.kind=constant"});
  expect_refused(ended, 5, "not finite at step");
  EXPECT_THAT(ended.err, HasSubstr("first in "));
  EXPECT_EQ(bench_.run({ACTIONFLOW_PROGRAM, "inspect", "--weights", bench_ / "run/last.safetensors"}).code,
            0);
}

TEST_F(Train, AFullDiskIsOneClearLineAndTheOldCheckpointStands) {
  ASSERT_EQ(bench_.train({"epochs=2"}).code, 0);
  const std::string before = text_of(bench_ / "run/last.safetensors");
  // A limit on the size of files stands in for the full disk: writing fails at the same calls.
  const std::string shell = "trap '' XFSZ; ulimit -f 8; exec " + std::string(ACTIONFLOW_PROGRAM) + " train " +
                            (bench_ / "recipe.yaml").string() + " --resume epochs=4";
  expect_refused(bench_.run({"/bin/bash", "-c", shell}), 5, "cannot be written: File too large");
  EXPECT_EQ(text_of(bench_ / "run/last.safetensors"), before);
}

TEST_F(Train, UnreadableVideosAreReplacedCountedAndLimited) {
  bench_.write("data/v3.mp4", "not a video");
  const auto ended = bench_.train({"--json", "epochs=1", "data.most_unreadable=0.2"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(nlohmann::json::parse(ended.out)["substituted"], 1);
  EXPECT_THAT(ended.err, HasSubstr("v3.mp4"));
  const std::string other = "output=" + (bench_ / "other").string();
  expect_refused(bench_.train({other}), 3, "data.most_unreadable");
  std::filesystem::remove(bench_ / "data/v5.mp4");
  expect_refused(bench_.train({other, "data.most_unreadable=0.1"}), 3, "v");
  for (int i = 0; i < 12; ++i) bench_.write("data/v" + std::to_string(i) + ".mp4", "");
  expect_refused(bench_.train({other, "data.most_unreadable=1"}), 3, "v");
}

TEST_F(Train, ListsThatAreWrongAreRefusedWithTheirLine) {
  const std::string good = text_of(bench_ / "data/train.txt");
  bench_.write("data/train.txt", "");
  expect_refused(bench_.train(), 4, "train.txt");
  bench_.write("data/train.txt", good + "v0.mp4 7\n");
  expect_refused(bench_.train(), 4, "train.txt:13");
  bench_.write("data/train.txt", good + "v0.mp4 0\n");
  expect_refused(bench_.train(), 4, "train.txt:13");
  bench_.write("data/train.txt", good + "v12.mp4 0\n");  // of the validation split
  expect_refused(bench_.train(), 4, "v12.mp4");
  bench_.write("data/train.txt", good);
  bench_.write("data/classes.txt", "left\n");
  expect_refused(bench_.train(), 4, "class");
  std::filesystem::remove(bench_ / "data/classes.txt");
  expect_refused(bench_.train(), 4, "classes.txt");
  EXPECT_FALSE(std::filesystem::exists(bench_ / "run/last.safetensors"));
}

TEST_F(Train, AHeadThatDoesNotFitTheClassesIsRefused) {
  std::string model = text_of(bench_ / "model.yaml");
  model.replace(model.find("units: classes"), 14, "units: 5");
  bench_.write("model.yaml", model);
  expect_refused(bench_.train(), 4, "layer 'fc' (dense) is the last and gives 5×1×1×1, expected 2×1×1×1");
}

TEST_F(Train, AWrongRecipeIsRefusedWithAllItsErrors) {
  bench_.write("recipe.yaml",
               "model: missing.yaml\ndata: {root: data, sampling: {mode: dens}, augment: {flop: 1}}\n"
               "output: run\nepochs: 0\nbatsh: 3\noptimizer: {kind: adam}\n");
  const auto ended = bench_.train();
  expect_refused(ended, 2, "missing.yaml");
  EXPECT_THAT(ended.err, AllOf(HasSubstr("dens"), HasSubstr("flop"), HasSubstr("epochs is 0"),
                               HasSubstr("did you mean 'batch'?"), HasSubstr("adamw")));
  EXPECT_EQ(bench_.run({ACTIONFLOW_PROGRAM, "validate", bench_ / "recipe.yaml"}).code, 2);
}

TEST_F(Train, ThePrintedConfigurationReadsBack) {
  const auto printed = bench_.train({"--print-config", "epochs=7"});
  ASSERT_EQ(printed.code, 0) << printed.err;
  EXPECT_THAT(printed.out, AllOf(HasSubstr("epochs: 7"), HasSubstr("learning_rate: 0.01")));
  bench_.write("printed.yaml", printed.out);
  const auto again = bench_.run({ACTIONFLOW_PROGRAM, "train", "--print-config", bench_ / "printed.yaml"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, printed.out);
}

TEST_F(Train, BeginsFromAnotherNetworksWeightsAndSaysWhatWasNotLoaded) {
  ASSERT_EQ(bench_.train({"epochs=1"}).code, 0);
  const auto ended = bench_.train({"epochs=1", "output=" + (bench_ / "second").string(),
                                   "init.weights=" + (bench_ / "run/best.safetensors").string(),
                                   "init.skip=[fc.*]", "freeze=[conv.*]", "batch_norm=frozen"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("fc.kernel"));
}

TEST_F(Train, EndsEarlyWhenValidationRisesNoMore) {
  const auto ended = bench_.train({"epochs=60", "early_stop.patience=3"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const std::vector<nlohmann::json> epochs = epochs_of("run");
  std::size_t risen = 0;
  for (std::size_t i = 0; i < epochs.size(); ++i)
    if (epochs[i]["val_top1"] > epochs[risen]["val_top1"]) risen = i;
  EXPECT_EQ(epochs.size(), risen + 1 + 3);  // however much the loss falls
}

TEST_F(Train, WhatWaitsForValidationIsRefusedWithoutOne) {
  expect_refused(bench_.train({"data.val=", "early_stop.patience=3"}), 2,
                 "early_stop.patience counts epochs");
  expect_refused(bench_.train({"data.val=", "schedule.kind=plateau"}), 2, "schedule.kind is plateau");
}

TEST_F(Train, AnUpdateWeighsEveryClipAlikeHoweverItIsCutIntoBatches) {
  bench_.write(
      "plain.yaml",
      "name: plain\ninput: {channels: 1, frames: 6, frame_rate: 10, height: 16, width: 16}\nlayers:\n"
      "  - {layer: conv3d, name: conv, filters: 8, kernel: 3, padding: same, activation: relu}\n"
      "  - {layer: max_pool3d, size: 2}\n  - flatten\n"
      "  - {layer: dense, name: fc, units: classes, activation: softmax}\n");
  const auto losses = [this](const std::string& output, int batch, int accumulate) {
    const auto ended = bench_.train({"model=" + (bench_ / "plain.yaml").string(), "epochs=4",
                                     "output=" + (bench_ / output).string(), fmt::format("batch={}", batch),
                                     fmt::format("accumulate={}", accumulate), "data.augment={}"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::vector<double> all;
    for (const nlohmann::json& epoch : epochs_of(output)) all.push_back(epoch["loss"]);
    return all;
  };
  const std::vector<double> whole = losses("whole", 12, 1);
  EXPECT_THAT(losses("in_three", 5, 3), Pointwise(DoubleNear(1e-4), whole));
  EXPECT_THAT(losses("with_one_left", 11, 2), Pointwise(DoubleNear(1e-4), whole));
}

TEST_F(Train, TheReportOfARunThatGoesOnIsThatOfItsBestEpoch) {
  ASSERT_EQ(bench_.train({"epochs=12"}).code, 0);
  const std::string report = text_of(bench_ / "run/report.html");
  EXPECT_THAT(report, HasSubstr("best epoch"));
  ASSERT_EQ(bench_.train({"--resume", "epochs=12"}).code, 0);
  EXPECT_EQ(text_of(bench_ / "run/report.html"), report);
}

TEST_F(Train, TheOutputsRecipeIsReadWhereItLies) {
  const std::string shell = "cd " + (bench_ / "").string() + " && " + ACTIONFLOW_PROGRAM +
                            " train recipe.yaml epochs=1 && " + ACTIONFLOW_PROGRAM +
                            " evaluate --json run/recipe.yaml";
  const auto ended = bench_.run({"/bin/bash", "-c", shell});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("\"clips\":2"));
}

}  // namespace
}  // namespace actionflow::testing
