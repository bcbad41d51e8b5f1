// The program stopped while nobody takes its results, and sinks that fail at their end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

class Stopping : public ::testing::Test {
 protected:
  std::string told() const {
    std::ifstream file(folder_ / "stderr.txt");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string pipeline(const std::string& sinks) const {
    std::ofstream(folder_ / "p.yaml") << "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n"
                                         "  clips: {node: window, from: frames, hop: 1}\n"
                                         "  net: {node: cnn3d, from: clips, weights: "
                                      << weights_ << "}\n"
                                      << sinks;
    return folder_ / "p.yaml";
  }

  TemporaryFolder folder_;
  const std::string weights_ = project_root() / "configs/weights/gesture_conv3d.safetensors";
};

TEST_F(Stopping, EndsThoughStandardOutputIsFullAndNobodyReadsIt) {
  TestVideo video;
  video.frames = 600;
  write_test_video(folder_ / "a.mp4", video);
  ChildProcess program({ACTIONFLOW_PROGRAM, "classify", "--json", pipeline("")}, folder_ / "stderr.txt");
  ASSERT_TRUE(program.read_line(120)) << told();
  program.fill_output();
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 130) << told();  // with nothing read meanwhile
  EXPECT_THAT(told(), HasSubstr("not written to its end"));
}

// As `actionflow … | head -n 1` does.
TEST_F(Stopping, EndsInOrderWhenNobodyReadsItsOutputAnyMore) {
  TestVideo video;
  video.frames = 3000;
  write_test_video(folder_ / "a.mp4", video);
  const std::string file = pipeline(
      "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"
      "  kept: {node: store, from: actions, folder: state}\n");
  std::ofstream(file, std::ios::app) << "defaults: {realtime: true}\n";
  ChildProcess shell({"/bin/sh", "-c",
                      std::string("{ ") + ACTIONFLOW_PROGRAM + " classify --json --windows " + file +
                          "; echo $? >" + (folder_ / "code").string() + "; } | head -n 1"},
                     folder_ / "stderr.txt");
  EXPECT_THAT(shell.read_all(120), HasSubstr("\"type\":"));
  EXPECT_EQ(shell.wait(), 0);
  int code = 0;
  std::ifstream(folder_ / "code") >> code;
  EXPECT_EQ(code, 128 + SIGPIPE);
  EXPECT_EQ(told().find("error"), std::string::npos) << told();
  int clips = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "state/clips")) {
    EXPECT_NE(entry.path().extension(), ".part");
    clips += entry.path().extension() == ".mp4" ? 1 : 0;
  }
  EXPECT_GT(clips, 0);
}

TEST_F(Stopping, AFileOnAFullDiskDecidesTheExitCode) {
  write_test_video(folder_ / "a.mp4", {});
  std::filesystem::create_symlink("/dev/full", folder_ / "full.jsonl");
  ChildProcess program({ACTIONFLOW_PROGRAM, "classify", "--json",
                        pipeline("  log: {node: jsonl, from: net, file: full.jsonl}\n")},
                       folder_ / "stderr.txt");
  const std::string lines = program.read_all(120);
  EXPECT_EQ(program.wait(), 5);
  EXPECT_THAT(told(), HasSubstr("full.jsonl"));
  EXPECT_THAT(lines, HasSubstr("\"type\":\"summary\""));
}

// An mp4 file whose end is missing opens nowhere.
TEST_F(Stopping, AVideoThatCannotBeEndedIsAFailureAndLeavesNoBrokenFile) {
  TestVideo video;
  video.width = 320;
  video.height = 240;
  video.frames = 60;
  video.paint = [](int k, std::uint8_t* rgb) {
    for (int i = 0; i < 3 * 320 * 240; ++i)
      rgb[i] = static_cast<std::uint8_t>(i * 2654435761U >> (8 + k % 8));
  };
  write_test_video(folder_ / "a.mp4", video);
  const std::string file = pipeline("  video: {node: overlay, from: [frames, net], file: out.mp4}\n");
  ChildProcess program(
      {"/bin/sh", "-c",
       "trap '' XFSZ; ulimit -f 64; exec " + std::string(ACTIONFLOW_PROGRAM) + " classify --json " + file},
      folder_ / "stderr.txt");
  program.read_all(120);
  EXPECT_EQ(program.wait(), 5) << told();
  EXPECT_THAT(told(), HasSubstr("out.mp4"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.mp4"));
}

}  // namespace
}  // namespace actionflow::testing
