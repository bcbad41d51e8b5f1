// Figures over rounds, and what is said of them.
#include "pipeline/benchmark/benchmark_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// A round of 100 windows in `seconds`.
Round round_of(double seconds, double p99_ms, double network_ms) {
  Round round;
  StreamSummary stream;
  stream.name = "a";
  stream.windows = 100;
  stream.frames = 400;
  round.summary.streams = {stream};
  round.summary.seconds = seconds;
  round.summary.latency = {"latency", 100, 500, 5, 7, p99_ms, p99_ms};
  round.summary.stages = {{"decode", 400, 40, 0.1, 0.1, 0.2, 0.2},
                          {"net", 100, 100 * network_ms, network_ms, network_ms, network_ms, network_ms}};
  round.processor_seconds = 2 * seconds;
  round.peak_bytes = std::uint64_t{64} << 20U;
  return round;
}

Measurement measured(const std::string& config, const std::vector<double>& seconds) {
  Measurement measurement;
  measurement.config = config;
  for (const double each : seconds) measurement.rounds.push_back(round_of(each, 10 * each, 3 * each));
  return measurement;
}

TEST(Measurement, TellsTheMedianOfItsRoundsAndHowFarTheyLieApart) {
  const Measurement measurement = measured("a.yaml", {2, 1, 4});
  const Spread windows = measurement.windows_per_second();
  EXPECT_DOUBLE_EQ(windows.median, 50);
  EXPECT_DOUBLE_EQ(windows.least, 25);
  EXPECT_DOUBLE_EQ(windows.most, 100);
  EXPECT_TRUE(measurement.noisy());
  EXPECT_DOUBLE_EQ(measurement.latency_ms(&StageSummary::p99_ms), 20);
  EXPECT_DOUBLE_EQ(mean_ms(measurement.stages().at(1)), 6);
  EXPECT_DOUBLE_EQ(measured("a.yaml", {1, 3}).latency_ms(&StageSummary::p99_ms), 20) << "of an even number";
  EXPECT_FALSE(measured("a.yaml", {1, 1.05, 1.02}).noisy());
}

TEST(BenchmarkReport, AnObjectHasWhatScriptsRead) {
  const json told = json::parse(measurement_json(measured("a.yaml", {2, 1, 4})));
  EXPECT_EQ(told["config"], "a.yaml");
  EXPECT_EQ(told["rounds"], 3);
  EXPECT_EQ(told["windows_per_second"], 50);
  EXPECT_EQ(told["windows_per_second_spread"], json::array({25.0, 100.0}));
  EXPECT_EQ(told["noisy"], true);
  EXPECT_EQ(told["latency_ms"]["p90"], 7);
  EXPECT_EQ(told["stages"]["net"]["mean_ms"], 6);
  EXPECT_EQ(told["processors_busy"], 2);
  EXPECT_EQ(told["peak_mib"], 64);
  for (const char* key : {"precision", "threads", "workers", "processor"})
    EXPECT_TRUE(told.contains(key)) << key;
}

TEST(BenchmarkReport, AnotherPipelineIsComparedWithTheFirst) {
  const std::string table = comparison_table({measured("a.yaml", {1}), measured("b.yaml", {2})});
  EXPECT_THAT(table, HasSubstr("| a.yaml | 100.00 | 100.00–100.00 | 1.00 |"));
  EXPECT_THAT(table, HasSubstr("| b.yaml | 50.00 | 50.00–50.00 | 0.50 |"));
}

TEST(BenchmarkReport, TheReaderIsWarnedOfANoisyRun) {
  const Measurement noisy = measured("a.yaml", {2, 1, 4}), quiet = measured("b.yaml", {1, 1.01});
  EXPECT_THAT(measurement_text(noisy), HasSubstr("noisy"));
  EXPECT_THAT(measurement_text(quiet), Not(HasSubstr("noisy")));
  EXPECT_THAT(comparison_table({noisy}), HasSubstr("noisy"));
  EXPECT_THAT(comparison_page({quiet, noisy}), HasSubstr("Do not quote"));
  EXPECT_THAT(comparison_page({quiet}), Not(HasSubstr("Do not quote")));
}

TEST(BenchmarkReport, ThePageIsNoMarkupOfItsNames) {
  const std::string page = comparison_page({measured("<b>.yaml", {1})});
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;.yaml"));
}

TEST(BenchmarkReport, IsWrittenByItsSuffix) {
  const TemporaryFolder folder;
  const std::vector<Measurement> both{measured("a.yaml", {1}), measured("b.yaml", {2})};
  const auto text = [&](const std::string& name) {
    write_report(folder / name, both);
    std::ifstream file(folder / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(json::parse(text("r.json")).size(), 2U);
  EXPECT_THAT(text("r.md"), HasSubstr("| b.yaml |"));
  EXPECT_THAT(text("r.html"), HasSubstr("<!doctype html>"));
  EXPECT_THROW(check_report_name("r.txt"), UsageError);
}

}  // namespace
}  // namespace actionflow::testing
