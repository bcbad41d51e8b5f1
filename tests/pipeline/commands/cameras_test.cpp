// benchmark --cameras, run as people run it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {
namespace {

TEST(BenchmarkCameras, TellsHowManyTheMachineHoldsAndHowTheTrialsWent) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mp4", {.frames = 30});
  std::ofstream(folder / "p.yaml") << "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n"
                                      "  clips: {node: window, from: frames, hop: 1}\n"
                                      "  net: {node: cnn3d, from: clips, weights: "
                                   << (project_root() / "configs/weights/gesture_conv3d.safetensors").string()
                                   << "}\n";
  ChildProcess program({ACTIONFLOW_PROGRAM, "benchmark", "--cameras", "--most", "2", "--seconds", "0.5",
                        "--json", folder / "p.yaml"},
                       "/dev/null");
  const auto told = nlohmann::json::parse(program.read_all(120));
  EXPECT_EQ(program.wait(), 0);
  EXPECT_LE(told["cameras"], 2);
  EXPECT_GT(told["hop_ms"], 0);
  for (const char* quantile : {"p50", "p99", "p99.9"}) EXPECT_TRUE(told["latency_ms"].contains(quantile));
  ASSERT_GE(told["trials"].size(), 1U);
  EXPECT_EQ(told["trials"][0]["cameras"], 1);
}

TEST(BenchmarkCameras, WantsRecordedFiles) {
  const TemporaryFolder folder;
  std::ofstream(folder / "p.yaml")
      << "streams: {door: rtsp://127.0.0.1/door}\ngraph:\n  frames: {node: decode}\n"
         "  clips: {node: window, from: frames}\n"
         "  net: {node: cnn3d, from: clips, weights: "
      << (project_root() / "configs/weights/gesture_conv3d.safetensors").string() << "}\n";
  ChildProcess program({ACTIONFLOW_PROGRAM, "benchmark", "--cameras", folder / "p.yaml"}, folder / "told");
  EXPECT_EQ(program.wait(), 2);
  std::ifstream told(folder / "told");
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(told), {}),
              ::testing::HasSubstr("streams.door=FILE"));
}

}  // namespace
}  // namespace actionflow::testing
