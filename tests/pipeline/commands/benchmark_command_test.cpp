// What benchmark prints.
#include "tests/pipeline/commands/program_fixture.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;

TEST_F(Program, BenchmarkTellsEachStagesMilliseconds) {
  const Ended ended = run({"benchmark", "--json", pipeline_of(video())});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json line = ended.lines().front();
  std::vector<std::string> stages;
  for (const auto& [stage, times] : line["stages"].items()) {
    stages.push_back(stage);
    EXPECT_GT(times["calls"], 0) << stage;
  }
  EXPECT_THAT(stages, ::testing::UnorderedElementsAre("decode", "prepare", "gesture"));
  EXPECT_GT(line["windows_per_second"], 0.0);
  EXPECT_GE(line["latency_ms"]["p99"], line["latency_ms"]["p90"]);
  EXPECT_GE(line["latency_ms"]["p90"], line["latency_ms"]["p50"]);
  EXPECT_EQ(line["precision"], "f32");
  EXPECT_GE(line["threads"], 1);
  EXPECT_FALSE(line["processor"].get<std::string>().empty());
  ASSERT_EQ(line["networks"].size(), 1U);
  EXPECT_EQ(line["networks"][0]["node"], "gesture");
  EXPECT_GT(line["networks"][0]["macs_per_second"], 0.0);
}

TEST_F(Program, BenchmarkMeasuresTheOthersWhereOneFails) {
  const std::string good = pipeline_of(video());
  const Ended ended = run({"benchmark", "--json", good, folder_ / "nope.yaml", good});
  expect_error(ended, 2, "nope.yaml");
  EXPECT_EQ(ended.lines().size(), 2U);
}

TEST_F(Program, BenchmarkReadsStandardInputOnce) {
  const std::string source = video("video.mkv", {.frames = 60});
  const Ended ended = run_in_shell("benchmark --json " + pipeline_of("-") + " <" + source);
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.lines().front()["frames"], 60);
}

}  // namespace
}  // namespace actionflow::testing
