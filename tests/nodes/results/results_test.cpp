#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "nodes/results/console_sink.h"
#include "nodes/results/json_lines.h"
#include "nodes/sinks/sink_flow.h"
#include "tests/datasets/make_video.h"

namespace actionflow {
namespace {

WindowResult result() {
  return {"yard \"2\"", "vote", 1.2, 2.8, false, {{"wave", 0.75F}, {"point", 0.25F}}, 12.3456};
}

TEST(JsonLines, WindowHasTheKeysThatProgramsRelyOn) {
  const auto line = nlohmann::json::parse(to_json_line(result()));
  EXPECT_EQ(line["type"], "window");
  EXPECT_EQ(line["stream"], "yard \"2\"");
  EXPECT_EQ(line["node"], "vote");
  EXPECT_DOUBLE_EQ(line["start"], 1.2);
  EXPECT_DOUBLE_EQ(line["end"], 2.8);
  EXPECT_EQ(line["label"], "wave");
  EXPECT_DOUBLE_EQ(line["score"], 0.75);
  EXPECT_EQ(line["top"].size(), 2U);
  EXPECT_EQ(line["top"][1]["label"], "point");
  EXPECT_DOUBLE_EQ(line["latency_ms"], 12.346);
  EXPECT_FALSE(line.contains("padded"));
}

TEST(JsonLines, SaysPaddedOnlyWhereItIs) {
  WindowResult padded = result();
  padded.padded = true;
  EXPECT_EQ(nlohmann::json::parse(to_json_line(padded))["padded"], true);
}

TEST(JsonLines, SummaryHasTheKeysThatProgramsRelyOn) {
  Summary summary;
  summary.streams.push_back({.name = "a", .frames = 50, .windows = 4, .dropped = 1});
  summary.streams.push_back({.name = "b", .frames = 25, .windows = 2, .damaged = 3});
  summary.seconds = 3;
  const auto line = nlohmann::json::parse(to_json_line(summary));
  EXPECT_EQ(line["type"], "summary");
  EXPECT_EQ(line["streams"], 2);
  EXPECT_EQ(line["frames"], 75);
  EXPECT_EQ(line["windows"], 6);
  EXPECT_EQ(line["dropped"], 1);
  EXPECT_EQ(line["damaged"], 3);
  EXPECT_DOUBLE_EQ(line["seconds"], 3);
  EXPECT_DOUBLE_EQ(line["fps"], 25);
  EXPECT_EQ(line["kernels"], "fixed");
}

TEST(JsonLines, NamesThatAreNotUtf8StayValidJson) {
  WindowResult odd = result();
  odd.stream = "caf\xe9.mp4";
  EXPECT_TRUE(nlohmann::json::accept(to_json_line(odd)));
}

EventResult event(EventChange::Kind kind, const std::string& id = "actions-0-0") {
  return {"yard", "actions", id, "wave", {kind, 0, 3, 0.875F, 61.25, 63.5, 63.5}};
}

TEST(JsonLines, EventHasTheKeysThatProgramsRelyOn) {
  EXPECT_EQ(to_json_line(event(EventChange::begun)),
            R"({"type":"event","id":"actions-0-0","stream":"yard","node":"actions","label":"wave",)"
            R"("score":0.875000,"start":61.250000,"end":null})");
  const auto over = nlohmann::json::parse(to_json_line(event(EventChange::ended)));
  EXPECT_DOUBLE_EQ(over["end"], 63.5);
  EXPECT_FALSE(over.contains("start_time"));
}

TEST(JsonLines, AnEventOfALiveStreamHasTheTimeOfDay) {
  EventResult live = event(EventChange::begun);
  live.zero_ns = 1'714'564'800'000'000'000;  // 2024-05-01, noon
  auto line = nlohmann::json::parse(to_json_line(live));
  EXPECT_EQ(line["start_time"], "2024-05-01T12:01:01.250Z");
  EXPECT_TRUE(line["end_time"].is_null());
  live.change.kind = EventChange::ended;
  line = nlohmann::json::parse(to_json_line(live));
  EXPECT_EQ(line["end_time"], "2024-05-01T12:01:03.500Z");
}

TEST(JsonLines, ASummaryCountsEventsWhereThereMayBeSome) {
  Summary summary;
  summary.streams.push_back({.name = "a", .events = 2});
  EXPECT_FALSE(nlohmann::json::parse(to_json_line(summary)).contains("events"));
  summary.counts_events = true;
  EXPECT_EQ(nlohmann::json::parse(to_json_line(summary))["events"], 2);
}

TEST(JsonLines, SaysWhereItCannotWrite) {
  JsonLinesSink sink(LineOutput("/dev/full"));
  try {
    sink.window(result());
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/dev/full"), std::string::npos);
  }
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(LineOutput, WritesToAFileWholeLinesOnly) {
  const testing::TemporaryFolder folder;
  LineOutput out(folder / "lines");
  out.write("first\n");
  {
    // As on a full disk: there is room for a part of the line.
    signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit ten{10, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &ten);
    EXPECT_THROW(out.write("second\n"), Error);
    setrlimit(RLIMIT_FSIZE, &before);
  }
  EXPECT_EQ(read_file(folder / "lines"), "first\n");
  out.write("third\n");
  out.finish();
  EXPECT_EQ(read_file(folder / "lines"), "first\nthird\n");
}

TEST(ConsoleSink, DrawsABarAsLongAsTheScore) {
  const testing::TemporaryFolder folder;
  ConsoleSink(LineOutput(folder / "text")).window(result());
  const std::string text = read_file(folder / "text");
  EXPECT_NE(text.find("███████████████       75.0 %  wave"), std::string::npos) << text;
  EXPECT_NE(text.find("█████                 25.0 %  point"), std::string::npos) << text;
}

TEST(ConsoleSink, SaysInAFileWhenAnActionBeginsAndWhenItIsOver) {
  const testing::TemporaryFolder folder;
  ConsoleSink sink(LineOutput(folder / "text"));
  for (const auto kind : {EventChange::begun, EventChange::updated, EventChange::ended})
    sink.event(event(kind));
  EXPECT_EQ(read_file(folder / "text"),
            "yard 1:01.3–        actions   87.5 %  wave\n"
            "yard 1:01.3–1:03.5  actions   87.5 %  wave\n");
}

// What a terminal is sent.
class Terminal {
 public:
  Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    grantpt(master_);
    unlockpt(master_);
    slave_ = open(ptsname(master_), O_RDWR | O_NOCTTY);
    termios plain{};
    tcgetattr(slave_, &plain);
    cfmakeraw(&plain);
    tcsetattr(slave_, TCSANOW, &plain);
  }
  ~Terminal() {
    close(slave_);
    close(master_);
  }
  int descriptor() const { return slave_; }
  // The next so many bytes: they come in pieces.
  std::string sent(std::size_t bytes) const {
    std::string text(bytes, '\0');
    for (std::size_t at = 0; at < bytes;) {
      const ssize_t count = read(master_, text.data() + at, bytes - at);
      if (count <= 0) break;
      at += static_cast<std::size_t>(count);
    }
    return text;
  }

 private:
  int master_ = -1;
  int slave_ = -1;
};

TEST(ConsoleSink, OnATerminalAnActionIsOneLineThatGrows) {
  const Terminal terminal;
  ConsoleSink sink(LineOutput(terminal.descriptor(), "terminal"));
  const std::string open = "yard 1:01.3–        actions   87.5 %  wave";
  const std::string over = "yard 1:01.3–1:03.5  actions   87.5 %  wave";
  sink.event(event(EventChange::begun));
  sink.event(event(EventChange::ended));
  const std::string one = open + "\r\x1b[K" + over + "\n";
  EXPECT_EQ(terminal.sent(one.size()), one);
  sink.event(event(EventChange::begun, "a"));
  sink.event(event(EventChange::begun, "b"));
  sink.event(event(EventChange::ended, "a"));
  sink.event(event(EventChange::ended, "b"));
  const std::string mixed = open + "\n" + open + "\n" + over + "\n" + over + "\n";
  EXPECT_EQ(terminal.sent(mixed.size()), mixed);
}

TEST(TopClasses, AreBestFirstAndEqualOnesInTheListsOrder) {
  const std::vector<ScoredLabel> top = top_classes({0.1F, 0.4F, 0.1F, 0.4F}, {"a", "b", "c", "d"});
  std::string labels;
  for (const ScoredLabel& one : top) labels += one.label;
  EXPECT_EQ(labels, "bdac");
}

TEST(Summary, SourceFailureDecidesTheExitCodeBeforeOthers) {
  Summary summary;
  summary.streams.resize(2);
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  summary.streams[0].failures.push_back({"net", {ExitCode::failure, "broken"}, 1});
  EXPECT_EQ(summary.exit_code(), ExitCode::failure);
  summary.streams[1].failures.push_back({"", {ExitCode::source, "gone"}, 1});
  EXPECT_EQ(summary.exit_code(), ExitCode::source);
  summary.interrupted = true;
  EXPECT_EQ(summary.exit_code(), ExitCode::interrupted);
}

TEST(DurationHistogram, GivesQuantilesWithinOnePercent) {
  DurationHistogram histogram;
  for (int ms = 1; ms <= 1000; ++ms) histogram.add(ms * 1'000'000LL);
  EXPECT_EQ(histogram.count(), 1000);
  EXPECT_NEAR(histogram.total_ms(), 500500, 1);
  EXPECT_NEAR(histogram.quantile_ms(0.5), 500, 500 * 0.0101);
  EXPECT_NEAR(histogram.quantile_ms(0.99), 990, 990 * 0.0101);
}

}  // namespace
}  // namespace actionflow
