#include "pipeline/commands/first_pipeline.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "pipeline/graph/description.h"
#include "tests/datasets/make_video.h"
#include "tests/test_data.h"
#include "tests/tools/child_process.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(FirstPipeline, StreamsAreNamedAfterTheirSources) {
  EXPECT_EQ(stream_name("rtsp://user:pass@door.local:554/1", {}), "door");
  EXPECT_EQ(stream_name("rtsp://192.168.0.4/1", {}), "camera");
  EXPECT_EQ(stream_name("http://[fe80::1]/x", {}), "camera");
  EXPECT_EQ(stream_name("/videos/Yard  2.mp4", {}), "yard_2");
  EXPECT_EQ(stream_name("2024-05-01.mkv", {}), "stream2024_05_01");
  EXPECT_EQ(stream_name("Küche.mp4", {}), "k_che");
  EXPECT_EQ(stream_name("-", {}), "input");
  EXPECT_EQ(stream_name("door.mp4", {{"door", "x", "", false}, {"door_2", "y", "", false}}), "door_3");
}

TEST(FirstPipeline, IsOneThatCanBeRead) {
  const auto weights = project_root() / "configs/weights/action_stream.safetensors";
  const std::string text =
      first_pipeline({{"door", "rtsp://u:p@camera/1?a=\"b\": #c", "h264, 1280×720", true},
                      {"yard", "/videos/it's.mp4", "hevc", false}},
                     load_model(weights), weights);
  const PipelineDescription description = read_pipeline(config::parse(text, "first.yaml"));
  ASSERT_EQ(description.streams.size(), 2U);
  EXPECT_EQ(description.streams[0].source.source, "rtsp://u:p@camera/1?a=\"b\": #c");
  EXPECT_EQ(description.streams[1].source.source, "/videos/it's.mp4");
  EXPECT_TRUE(description.warnings.empty());
  // What stands in its comments can be read, too.
  std::string all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t sign = line.find("# ");
    const bool example = line.find(" {") != std::string::npos && sign != std::string::npos;
    all += (example ? line.substr(0, sign) + line.substr(sign + 2) : line) + "\n";
  }
  setenv("MQTT_PASSWORD", "x", 1);
  setenv("HOOK_SECRET", "x", 1);
  const PipelineDescription whole = read_pipeline(config::parse(all, "all.yaml"));
  EXPECT_EQ(whole.nodes.size(), description.nodes.size() + 4) << all;
  EXPECT_TRUE(whole.web.has_value());
}

class InitCommand : public ::testing::Test {
 protected:
  int run(std::vector<std::string> words, const std::string& input = "/dev/null") {
    std::string line = ACTIONFLOW_PROGRAM;
    for (const std::string& word : words) line += " '" + word + "'";
    ChildProcess child({"/bin/sh", "-c", line + " < " + input}, folder_ / "stderr");
    out_ = child.read_all(120);
    const int code = child.wait();
    err_ = read_text(folder_ / "stderr");
    return code;
  }

  const TemporaryFolder folder_;
  std::string out_, err_;
};

TEST_F(InitCommand, WritesAFileThatValidatesAndRuns) {
  write_test_video(folder_ / "Front door.mp4", {});
  const std::string file = folder_ / "new.yaml";
  ASSERT_EQ(run({"init", folder_ / "Front door.mp4", "--output", file}), 0) << err_;
  EXPECT_THAT(read_text(file), HasSubstr("# h264, 64×48, 25 frames/s, 1.0 s\n  front_door: {source: "));
  struct stat found {};
  ASSERT_EQ(stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U) << "addresses may hold passwords";
  EXPECT_EQ(run({"validate", file}), 0) << err_;
  EXPECT_EQ(run({"classify", "--json", file}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr(R"("type":"summary")"));

  const std::string before = read_text(file);
  EXPECT_EQ(run({"init", folder_ / "Front door.mp4", "--output", file}), 2);
  EXPECT_THAT(err_, HasSubstr("is there already, expected the name of a new file"));
  EXPECT_EQ(read_text(file), before);
}

TEST_F(InitCommand, SaysWhichSourcesCannotBeOpened) {
  write_test_video(folder_ / "a.mp4", {});
  const std::string file = folder_ / "new.yaml";
  EXPECT_EQ(run({"init", folder_ / "a.mp4", "rtsp://user:hidden@127.0.0.1:1/x", "--output", file}), 3);
  EXPECT_THAT(err_, Not(HasSubstr("hidden")));
  EXPECT_THAT(read_text(file), HasSubstr("# could not be opened when this was written: "));
  EXPECT_EQ(run({"validate", file}), 0) << err_;
  EXPECT_EQ(run({"init", folder_ / "none.mp4", "--output", folder_ / "other.yaml"}), 3);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other.yaml"));
}

TEST_F(InitCommand, WithoutATerminalSourcesHaveToBeNamed) {
  EXPECT_EQ(run({"init", "--output", folder_ / "new.yaml"}), 2);
  EXPECT_THAT(err_, HasSubstr("expected SOURCE…"));
}

TEST_F(InitCommand, AsksOnATerminal) {
  write_test_video(folder_ / "a.mp4", {});
  const std::string file = folder_ / "new.yaml";
  // script(1) gives it one.
  std::ofstream(folder_ / "typed") << (folder_ / "a.mp4").string() << "\n\n";
  ChildProcess child({"/bin/sh", "-c",
                      "script -qec \"" + std::string(ACTIONFLOW_PROGRAM) + " init --output " + file +
                          "\" /dev/null < " + (folder_ / "typed").string()});
  const std::string said = child.read_all(120);
  EXPECT_EQ(child.wait(), 0) << said;
  EXPECT_THAT(said, HasSubstr("Address of a camera"));
  EXPECT_THAT(read_text(file), HasSubstr("  a: {source: "));
}

TEST_F(InitCommand, LogsAreJsonWhereThatIsAsked) {
  EXPECT_EQ(
      run({"--log-format", "json", "init", "rtsp://user:hidden@127.0.0.1:1/x", "--output", folder_ / "o"}),
      3);
  std::istringstream lines(err_);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_THAT(line, ::testing::MatchesRegex(
                          R"re(\{"time":"[0-9TZ:.-]+","level":"(info|warn|error)","message":".*"\})re"));
    EXPECT_THAT(line, Not(HasSubstr("hidden")));
  }
  EXPECT_GE(count, 2);
}

}  // namespace
}  // namespace actionflow::testing
