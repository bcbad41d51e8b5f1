// `train` on streams, as people run it: small clips joined on the fly.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/formats/weight_files.h"
#include "tests/pipeline/training/training_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

class StreamTraining : public ::testing::Test {
 protected:
  StreamTraining() {
    bench_.write("stream.yaml",
                 "name: small_stream\nstreams: true\n"
                 "input: {channels: 1, frames: 40, frame_rate: 10, height: 16, width: 16}\nlayers:\n"
                 "  - {layer: conv3d, name: conv, filters: 8, kernel: 3, padding: causal, stride: [1, 2, 2], "
                 "activation: relu}\n"
                 "  - {layer: batch_norm, name: norm}\n"
                 "  - {layer: global_average_pool, over: space}\n"
                 "  - {layer: gru, name: memory, units: 12, sequence: true}\n"
                 "  - {layer: action_scores, name: told}\n");
  }

  std::vector<std::string> words(const std::string& output, std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"model=" + (bench_ / "stream.yaml").string(), "data.streams={sequences: 10}",
                                 "output=" + (bench_ / output).string(), "epochs=3"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  TrainingBench bench_;
};

TEST_F(StreamTraining, LearnsAndKeepsWhatItChoseForEvents) {
  const auto ended = bench_.train(words("run", {"--json", "epochs=12"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::istringstream lines(ended.out);
  std::vector<double> losses, val_losses;
  for (std::string line; std::getline(lines, line);) {
    const auto epoch = nlohmann::json::parse(line);
    losses.push_back(epoch["loss"]);
    val_losses.push_back(epoch["val_loss"]);
    EXPECT_TRUE(epoch["val_top1"].is_number());
  }
  ASSERT_EQ(losses.size(), 12U);
  EXPECT_LT(losses.back(), 0.8 * losses.front());
  const Model best = load_model(bench_ / "run/best.safetensors");
  EXPECT_TRUE(best.architecture.streams);
  ASSERT_TRUE(best.calibration && best.calibration->events);
  EXPECT_THAT(best.calibration->chosen_on, HasSubstr("val"));
  const std::string report = text_of(bench_ / "run/report.html");
  EXPECT_THAT(report, HasSubstr("class='timeline'"));
  const auto least = std::ranges::min_element(val_losses) - val_losses.begin();
  EXPECT_THAT(report, HasSubstr(fmt::format("<b>{}</b>best epoch", least + 1)));
}

TEST_F(StreamTraining, WindowsFromAnywhereInAStreamAreLearntAndJudgedByTheirEvents) {
  bench_.write(
      "windows.yaml",
      "name: small_windows\ninput: {channels: 1, frames: 10, frame_rate: 10, height: 16, width: 16}\n"
      "layers:\n"
      "  - {layer: conv3d, name: conv, filters: 8, kernel: 3, padding: 1, stride: [1, 2, 2], "
      "activation: relu}\n"
      "  - {layer: batch_norm, name: norm}\n"
      "  - {layer: global_average_pool, over: space}\n"
      "  - flatten\n"
      "  - {layer: action_scores, name: told}\n");
  const std::string model = "model=" + (bench_ / "windows.yaml").string();
  const auto ended = bench_.train(words("run", {"--json", "epochs=12", "data.streams.sequences=60", model}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::vector<double> losses;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) losses.push_back(nlohmann::json::parse(line)["loss"]);
  ASSERT_EQ(losses.size(), 12U);
  EXPECT_LT(losses.back(), 0.8 * losses.front());
  const Model best = load_model(bench_ / "run/best.safetensors");
  EXPECT_FALSE(best.architecture.streams);
  EXPECT_TRUE(best.calibration && best.calibration->events);
  EXPECT_THAT(text_of(bench_ / "run/report.html"), HasSubstr("class='timeline'"));
}

TEST_F(StreamTraining, ARunThatWasStoppedGoesOnToTheSameNumbers) {
  const auto whole = bench_.train(words("whole"));
  ASSERT_EQ(whole.code, 0) << whole.err;
  const auto same = bench_.train(words("again"));
  ASSERT_EQ(same.code, 0) << same.err;
  EXPECT_EQ(bench_.metrics("whole"), bench_.metrics("again"));
  EXPECT_EQ(bench_.best("whole"), bench_.best("again"));

  ChildProcess child(bench_.command(words("stopped", {"checkpoint.steps=1"})), bench_ / "stopped.txt");
  while (child.running() && !std::filesystem::exists(bench_ / "stopped/metrics.jsonl")) {
  }
  child.signal(SIGKILL);
  child.wait();
  const auto resumed = bench_.train(words("stopped", {"checkpoint.steps=1", "--resume"}));
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(bench_.metrics("whole"), bench_.metrics("stopped"));
  EXPECT_EQ(bench_.best("whole"), bench_.best("stopped"));
}

class Members : public StreamTraining {
 protected:
  Members() {
    const auto first = bench_.train(words("first"));
    EXPECT_EQ(first.code, 0) << first.err;
  }
  // Of three members, without a validation list.
  std::vector<std::string> members(const std::string& output,
                                   const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"members=3", "epochs=2",
                                 "data.val=", "init.weights=" + (bench_ / "first/best.safetensors").string()};
    all.insert(all.end(), more.begin(), more.end());
    return words(output, all);
  }
};

TEST_F(Members, AreAveragedAndJudgedByWhatEachHasNotSeen) {
  const auto ended = bench_.train(members("run", {"--json"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(std::ranges::count(text_of(bench_ / "run/metrics.jsonl"), '\n'), 6);
  const Model best = load_model(bench_ / "run/best.safetensors");
  EXPECT_THAT(best.calibration->chosen_on, HasSubstr("12 actions"));
  for (const std::string name : {"conv.kernel", "memory.recurrent_kernel", "told.bias"}) {
    std::vector<Tensor> values;
    for (const std::string member : {"1", "2", "3"})
      values.push_back(
          load_model(bench_ / ("run/member-" + member + ".safetensors")).weights.tensors.at(name));
    const Tensor& mean = best.weights.tensors.at(name);
    for (std::size_t i = 0; i < mean.values().size(); ++i)
      ASSERT_NEAR(mean.values()[i],
                  (values[0].values()[i] + values[1].values()[i] + values[2].values()[i]) / 3, 1e-6)
          << name << " " << i;
    EXPECT_NE(std::ranges::mismatch(values[0].values(), values[1].values()).in1, values[0].values().end())
        << name;
  }
  EXPECT_THAT(text_of(bench_ / "run/report.html"), HasSubstr("class='timeline'"));
}

TEST_F(Members, StoppedAnywhereAndGoneOnWithEqualTheWholeRun) {
  const auto whole = bench_.train(members("whole"));
  ASSERT_EQ(whole.code, 0) << whole.err;
  for (const std::string after : {"member-1", "member-2", "best"}) {
    const std::string output = "stopped after " + after;
    ChildProcess child(bench_.command(members(output, {"checkpoint.steps=1"})), bench_ / "stopped.txt");
    while (child.running() && !std::filesystem::exists(bench_ / output / (after + ".safetensors"))) {
    }
    child.signal(SIGKILL);
    child.wait();
    const auto resumed = bench_.train(members(output, {"checkpoint.steps=1", "--resume"}));
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(bench_.metrics("whole"), bench_.metrics(output));
    EXPECT_EQ(bench_.best("whole"), bench_.best(output));
  }
}

TEST_F(Members, TakeTrainedWeightsAndPartsForEach) {
  const auto without = bench_.train(words("run", {"members=3"}));
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.err, HasSubstr("expected init.weights"));
  const auto many = bench_.train(members("run", {"members=9"}));
  EXPECT_EQ(many.code, 4);
  EXPECT_THAT(many.err, HasSubstr("6 videos of a class"));
  const auto whole = bench_.train(members("whole"));
  ASSERT_EQ(whole.code, 0) << whole.err;
  const auto other = bench_.train(members("whole", {"members=2", "--resume"}));
  EXPECT_EQ(other.code, 4);
  EXPECT_THAT(other.err, HasSubstr("members was 3 and is 2"));
  auto evaluate = bench_.command(members("whole", {"--split", "val"}));
  evaluate[1] = "evaluate";
  const auto seen = bench_.run(evaluate);
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("no video that training has not seen"));
}

TEST_F(StreamTraining, DrawnMovementsOfNoClassJoinIt) {
  const auto ended = bench_.train(words("run", {"--json", "epochs=1", "data.drawn={others: 6}"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(std::filesystem::exists(bench_ / "drawn/hands_0_6_1000/other.txt"));
  const auto epoch = nlohmann::json::parse(ended.out.substr(0, ended.out.find('\n')));
  EXPECT_GT(epoch["val_loss"].get<double>(), 0);
  const auto wrong = bench_.train(words("wrong", {"data.drawn={scene: fish}"}));
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("there is no scene 'fish', expected people or hands"));
}

TEST_F(StreamTraining, DrawnFilmsJoinIt) {
  const auto ended = bench_.train(words("run", {"epochs=1", "data.drawn={films: 3, minutes: 0.2}"}));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("13 videos to train on"));
  const auto few = bench_.train(words("few", {"data.drawn={films: 2}"}));
  EXPECT_EQ(few.code, 2);
  EXPECT_THAT(few.err, HasSubstr("films is 2, expected 0 or 3 and more"));
}

TEST_F(StreamTraining, NetworkAndDataHaveToBeForStreamsBoth) {
  const auto clips = bench_.train({"model=" + (bench_ / "stream.yaml").string()});
  EXPECT_EQ(clips.code, 2);
  EXPECT_THAT(clips.err, HasSubstr("data.streams"));
  const auto streams = bench_.train({"data.streams={}"});
  EXPECT_EQ(streams.code, 2);
  EXPECT_THAT(streams.err, HasSubstr("action_scores"));
}

}  // namespace
}  // namespace actionflow::testing
