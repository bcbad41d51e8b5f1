// Scores and "none of these" as the calibration says that is kept with the weights.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "models/weights/initial_weights.h"
#include "tests/pipeline/run/graph_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Not;

Calibration chosen(std::optional<double> temperature, std::optional<double> none_below) {
  return {"val", temperature, none_below, std::nullopt};
}

class Calibrated : public ::testing::Test {
 protected:
  void SetUp() override { bench_.video("a.mp4", 30, 1); }

  void store(const std::string& name, std::optional<Calibration> calibration) const {
    Architecture architecture = load_architecture(bench_.folder() / "plain.yaml");
    const Weights weights = initial_weights(architecture, 1);
    save_model({std::move(architecture), weights, std::move(calibration)}, bench_.folder() / name);
  }

  std::vector<WindowResult> results(const std::string& nodes, const std::string& hop = ", hop: 2") const {
    LinesByStream sink;
    bench_.run("streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames" +
                   hop + "}\n" + nodes,
               sink);
    return sink.results();
  }

  GraphBench bench_;
};

std::string net(const std::string& weights, const std::string& name = "net",
                const std::string& options = "") {
  return "  " + name + ": {node: cnn3d, from: clips, weights: " + weights + options + "}\n";
}

std::vector<float> by_class(const WindowResult& result) {
  std::map<std::string, float> scores;
  for (const ScoredLabel& one : result.top) scores[one.label] = one.score;
  std::vector<float> values;
  for (const auto& [label, score] : scores) values.push_back(score);
  return values;
}

TEST_F(Calibrated, ScoresAreAtTheTemperatureThatIsKept) {
  store("plain.safetensors", std::nullopt);
  store("cool.safetensors", chosen(3.0, {}));
  const auto plain = results(net("plain.safetensors")), cool = results(net("cool.safetensors"));
  ASSERT_EQ(plain.size(), cool.size());
  ASSERT_GT(plain.size(), 2U);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(by_class(cool[i]), at_temperature(by_class(plain[i]), 3));
    EXPECT_FALSE(cool[i].none);
  }
  const auto told_otherwise = results(net("cool.safetensors", "net", ", calibrated: false"));
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(by_class(told_otherwise[i]), by_class(plain[i]));
}

TEST_F(Calibrated, AWindowBelowTheThresholdIsNoneOfTheClasses) {
  store("plain.safetensors", std::nullopt);
  std::vector<float> best;
  for (const WindowResult& result : results(net("plain.safetensors")))
    best.push_back(result.top.front().score);
  std::sort(best.begin(), best.end());
  const double middle = best[best.size() / 2];
  store("choosy.safetensors", chosen({}, middle));
  std::size_t refused = 0;
  for (const WindowResult& result : results(net("choosy.safetensors"))) {
    EXPECT_EQ(result.none, static_cast<double>(result.top.front().score) < middle);
    EXPECT_EQ(nlohmann::json::parse(to_json_line(result)).contains("none"), result.none);
    refused += result.none ? 1 : 0;
  }
  EXPECT_EQ(refused, best.size() / 2);
}

TEST_F(Calibrated, WhereThereIsNoActionItIsNoneOfTheClasses) {
  bench_.write("told.yaml",
               GraphBench::input("told", 4) +
                   "  - {layer: conv3d, filters: 4, kernel: 3, padding: same, activation: relu}\n"
                   "  - global_average_pool\n  - action_scores\n");
  const auto none_from = [&](double begin) {
    Architecture architecture = load_architecture(bench_.folder() / "told.yaml");
    const Weights weights = initial_weights(architecture, 1);
    save_model({std::move(architecture), weights,
                Calibration{"val", std::nullopt, std::nullopt, EventCalibration{{begin, 0}, {}, 0, 0, 0, 0}}},
               bench_.folder() / "told.safetensors");
    std::vector<bool> none;
    for (const WindowResult& result : results(net("told.safetensors"))) none.push_back(result.none);
    return none;
  };
  EXPECT_THAT(none_from(0), AllOf(Not(::testing::IsEmpty()), Each(false)));
  EXPECT_THAT(none_from(1), AllOf(Not(::testing::IsEmpty()), Each(true)));
}

// Of windows of four samples.
TEST_F(Calibrated, WindowsBeginAsOftenAsWhereThresholdsOfEventsWereChosen) {
  store("plain.safetensors", std::nullopt);
  store("events.safetensors", Calibration{"val", {}, {}, EventCalibration{{0.5, 0.5}, {}, 0, 0, 0, 0}});
  const auto hop = [&](const std::string& weights) {
    const std::vector<WindowResult> windows = results(net(weights), "");
    const double samples = (windows.at(0).end - windows.at(0).start) / 4;
    return (windows.at(1).start - windows.at(0).start) / samples;
  };
  EXPECT_NEAR(hop("plain.safetensors"), 2, 1e-9) << "half a window";
  EXPECT_NEAR(hop("events.safetensors"), 1, 1e-9) << "a tenth, one sample at least";
}

TEST_F(Calibrated, AnEnsembleSaysNoneWhereAllOfItDoes) {
  store("never.safetensors", chosen({}, 0.0));
  store("always.safetensors", chosen({}, 1.0));
  const auto vote = [&](const std::string& a, const std::string& b) {
    std::vector<bool> none;
    for (const WindowResult& result :
         results(net(a, "one") + net(b, "two") + "  vote: {node: ensemble, from: [one, two]}\n"))
      if (result.node == "vote") none.push_back(result.none);
    return none;
  };
  EXPECT_THAT(vote("always.safetensors", "always.safetensors"), AllOf(Not(::testing::IsEmpty()), Each(true)));
  EXPECT_THAT(vote("always.safetensors", "never.safetensors"), AllOf(Not(::testing::IsEmpty()), Each(false)));
}

}  // namespace
}  // namespace actionflow::testing
