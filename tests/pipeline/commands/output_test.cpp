// `classify --output`: the program over files that can and cannot be read, stopped and begun again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Output : public ::testing::Test {
 protected:
  void video(const std::string& name, int frames = 100) const {
    TestVideo video;
    video.frames = frames;
    write_test_video(folder_ / name, video);
  }

  // By a pipeline that finds an action or another at any time.
  std::string pipeline(const std::vector<std::string>& videos) const {
    std::ofstream file(folder_ / "p.yaml");
    file << "streams:\n";
    for (const std::string& video : videos) file << "  " << video << ": " << video << ".mp4\n";
    file << "graph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 4}\n"
            "  net: {node: cnn3d, from: clips, weights: "
         << project_root().string() << "/configs/weights/gesture_conv3d.safetensors}\n"
         << "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n";
    return folder_ / "p.yaml";
  }

  struct Ran {
    int code = 0;
    std::string printed;
    std::string told;
  };
  Ran run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {ACTIONFLOW_PROGRAM, "classify"});
    ChildProcess program(arguments, folder_ / "stderr.txt");
    Ran ran;
    ran.printed = program.read_all(240);
    ran.code = program.wait();
    ran.told = text("stderr.txt");
    return ran;
  }

  std::string text(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
};

TEST_F(Output, EachKindOfFileHoldsWhatWasFound) {
  video("a.mp4");
  std::vector<std::string> arguments{"--json", pipeline({"a"})};
  for (const char* suffix : {"jsonl", "csv", "srt", "vtt", "html"})
    arguments.insert(arguments.end(), {"--output", folder_ / (std::string("out.") + suffix)});
  const Ran ran = run(arguments);
  EXPECT_EQ(ran.code, 0) << ran.told;
  EXPECT_THAT(ran.printed, HasSubstr(R"("type":"event","id":"actions-0-0","stream":"a")"));
  EXPECT_THAT(text("out.jsonl"), AllOf(HasSubstr(R"("id":"actions-0-0")"), HasSubstr(R"("type":"summary")")));
  EXPECT_THAT(text("out.csv"), HasSubstr("\na,0.000,"));
  EXPECT_THAT(text("out.srt"), HasSubstr("1\n00:00:00,000 --> "));
  EXPECT_THAT(text("out.vtt"), HasSubstr("WEBVTT\n\n00:00:00.000 --> "));
  EXPECT_THAT(text("out.html"), AllOf(HasSubstr(R"("video":"a.mp4")"), HasSubstr(R"("picture":"/9j/)")));
}

TEST_F(Output, AFileThatCannotBeReadIsARowAndIsTriedAgain) {
  video("a.mp4");
  std::ofstream(folder_ / "b.mp4") << "no video";
  const std::string file = pipeline({"a", "b"});
  const std::string table = folder_ / "out.csv";
  EXPECT_EQ(run({"--json", file, "--output", table}).code, 3);
  EXPECT_THAT(text("out.csv"), AllOf(HasSubstr("\na,0.000,"), HasSubstr("\nb,,,,,")));
  std::filesystem::remove(folder_ / "b.mp4");
  video("b.mp4");
  const Ran again = run({"--json", file, "--output", table});
  EXPECT_EQ(again.code, 0) << again.told;
  EXPECT_THAT(again.printed, Not(HasSubstr(R"("stream":"a")"))) << "it is done";
  EXPECT_THAT(again.told, HasSubstr("1 of 2 streams"));
  EXPECT_THAT(text("out.csv"),
              AllOf(HasSubstr("\na,0.000,"), HasSubstr("\nb,0.000,"), Not(HasSubstr("b,,,,,"))));
  const std::string done = text("out.csv");
  const Ran nothing = run({"--json", file, "--output", table});
  EXPECT_EQ(nothing.code, 0) << nothing.told;
  EXPECT_EQ(text("out.csv"), done);
}

TEST_F(Output, WhatIsStoppedMidwayIsBegunAnew) {
  video("short.mp4", 30);
  video("long.mp4", 20000);
  const std::string file = pipeline({"short", "long"});
  const std::string table = folder_ / "out.csv";
  ChildProcess program({ACTIONFLOW_PROGRAM, "classify", "--json", file, "--output", table},
                       folder_ / "stderr.txt");
  ASSERT_TRUE(wait_for([&] { return text("out.csv").find("short,") != std::string::npos; }));
  program.signal(SIGTERM);
  program.read_all(60);
  EXPECT_EQ(program.wait(), 130);
  EXPECT_THAT(text("out.csv"), AllOf(HasSubstr("\nshort,0.000,"), Not(HasSubstr("long,"))));
}

TEST_F(Output, OverwritesNoSource) {
  video("a.mp4");
  std::filesystem::rename(folder_ / "a.mp4", folder_ / "a.csv");
  std::ofstream(folder_ / "p.yaml") << "streams: {a: a.csv}\ngraph: {frames: {node: decode}}\n";
  const std::string before = text("a.csv");
  EXPECT_EQ(run({folder_ / "p.yaml", "--output", folder_ / "a.csv"}).code, 2);
  EXPECT_EQ(text("a.csv"), before);
}

TEST_F(Output, OverwritesNoFileOfTheRun) {
  video("a.mp4");
  const std::string p = pipeline({"a"}), log = folder_ / "log.jsonl";
  std::ofstream(p, std::ios::app)
      << "  log: {node: jsonl, from: actions, file: log.jsonl}\nmetrics: {file: run.jsonl}\n";
  EXPECT_THAT(run({p, "--output", log}).told,
              HasSubstr("is written by 'log' (line 8) too, expected a file of its own"));
  EXPECT_THAT(run({p, "--output", folder_ / "run.jsonl"}).told, HasSubstr("is written by metrics too"));
}

TEST_F(Output, WindowsArePrintedBesideEventsWhereAsked) {
  video("a.mp4");
  const std::string file = pipeline({"a"});
  EXPECT_THAT(run({"--json", file}).printed, Not(HasSubstr(R"("type":"window")")));
  EXPECT_THAT(run({"--json", file, "--windows"}).printed,
              AllOf(HasSubstr(R"("type":"window")"), HasSubstr(R"("type":"event")")));
}

}  // namespace
}  // namespace actionflow::testing
