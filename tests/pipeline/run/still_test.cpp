// Scenes in which nothing moves for a while.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/synthetic/scene.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using ::testing::HasSubstr;
using testing::LinesByStream;
using testing::TestVideo;

// A square moves for 4 s, stands for 16 s and moves again for 4 s.
void write_scene(const std::filesystem::path& path) {
  TestVideo video;
  video.frames = 24 * 25;
  video.paint = [&video](int k, std::uint8_t* rgb) {
    TestVideo once = video;
    once.frames = 50;
    testing::paint_moving_square(once, (k < 100 ? k : k < 500 ? 100 : k - 400) % 50, rgb);
  };
  testing::write_test_video(path, video);
}

std::string graph(const std::string& still, const std::string& network = "cnn3d, model: plain.yaml",
                  const std::string& more = "") {
  return "options: {workers: 2}\nstreams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n"
         "  clips: {node: window, from: frames" +
         still + "}\n  net: {from: clips, random_weights: 4, node: " + network + "}\n" + more;
}

std::vector<std::string> lines(const LinesByStream& sink) {
  std::vector<std::string> list;
  std::istringstream text(sink.lines().at("a"));
  for (std::string line; std::getline(text, line);) list.push_back(line);
  return list;
}

TEST(StillWindows, GetNoResultAndTheOthersStayToTheByte) {
  GraphBench bench;
  write_scene(bench.folder() / "a.mp4");
  LinesByStream whole, sink;
  const Summary all = bench.run(graph(", hop: 1"), whole);
  int asked = 0;
  const Summary summary =
      bench.run(graph(", hop: 1, still: {skip: true}"), sink, [&](const FaultPoint& point) {
        asked += point.node == "net" ? 1 : 0;
        return Fault::none;
      });
  EXPECT_EQ(asked, summary.windows());
  EXPECT_EQ(summary.windows() + summary.still(), all.windows());
  EXPECT_EQ(summary.dropped(), 0);
  EXPECT_GT(summary.still(), 50) << "of 160 samples";
  std::size_t at = 0;
  const std::vector<std::string> expected = lines(whole);
  for (const std::string& line : lines(sink)) {
    while (at < expected.size() && expected[at] != line) ++at;
    ASSERT_LT(at++, expected.size()) << line;
  }
  for (const WindowResult& result : sink.results())
    EXPECT_TRUE(result.start < 16 || result.end > 19.9) << result.start;
  EXPECT_THAT(to_json_line(summary), HasSubstr("\"still\":" + std::to_string(summary.still())));
  EXPECT_EQ(to_json_line(all).find("still"), std::string::npos);
}

TEST(StillWindows, AreTheSameWhateverTheWorkers) {
  GraphBench bench;
  write_scene(bench.folder() / "a.mp4");
  std::map<std::string, std::string> first;
  for (const char* workers : {"1", "4"}) {
    LinesByStream sink;
    std::string text = graph(", hop: 1, still: {skip: true, look: 3}");
    text.replace(text.find("workers: 2"), 10, std::string("workers: ") + workers);
    bench.run(text, sink);
    if (first.empty()) first = sink.lines();
    EXPECT_EQ(sink.lines(), first);
  }
}

// Thresholds at which something is under way in every window that is looked at.
TEST(StillWindows, EndWhatIsUnderWay) {
  GraphBench bench;
  write_scene(bench.folder() / "a.mp4");
  LinesByStream sink;
  bench.run(graph(", hop: 1, still: {skip: true}", "cnn3d, model: plain.yaml",
                  "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"),
            sink);
  bool quiet = false;
  double end = 0;
  for (const EventResult& event : sink.events()) {
    if (!event.over()) continue;
    quiet = quiet || event.change.start - end > 4;
    EXPECT_FALSE(event.change.start < 16 && event.change.end > 20);
    end = event.change.end;
  }
  EXPECT_TRUE(quiet);
}

// Drawn people who act for 20 s, stand as in a picture for 20 s and go on for 20 s.
constexpr double kStands = 20, kGoesOn = 40, kEnds = 60;

void write_people(const std::filesystem::path& path) {
  ClipPlan plan;
  plan.clip = plan.figure = plan.background = 7;
  plan.seconds = kEnds - (kGoesOn - kStands);
  plan.width = 160;
  plan.height = 120;
  const auto film = scenes().front().film(plan);
  TestVideo video;
  video.width = plan.width;
  video.height = plan.height;
  video.fps = film->frame_rate();
  video.frames = static_cast<int>(kEnds * video.fps) - 1;
  const int stands = static_cast<int>(kStands * video.fps), goes_on = static_cast<int>(kGoesOn * video.fps);
  video.paint = [&](int k, std::uint8_t* rgb) {
    const int shown = k < stands ? k : k < goes_on ? stands : k - (goes_on - stands);
    const std::vector<std::uint8_t> picture = film->frame(std::min(shown, film->frames() - 1));
    std::copy(picture.begin(), picture.end(), rgb);
  };
  testing::write_test_video(path, video);
}

// The lines of what was over before everything stood still, and of what began when it went on.
std::vector<std::string> beside_the_still_part(const LinesByStream& sink) {
  std::vector<std::string> list;
  for (const EventResult& event : sink.events())
    if (event.over() && (event.change.end < kStands || event.change.start > kGoesOn + 2))
      list.push_back(event.label + to_json_line(event).substr(to_json_line(event).find("\"score\"")));
  return list;
}

TEST(StillWindows, ChangeNoActionWhereSomethingMoves) {
  GraphBench bench;
  write_people(bench.folder() / "a.mp4");
  LinesByStream whole, sink;
  const auto run = [&](const std::string& still, LinesByStream& to) {
    return bench.run(
        "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: "
        "2" +
            still + "}\n  net: {node: cnn3d, from: clips, weights: " +
            (testing::project_root() / "configs/weights/action_cnn3d.safetensors").string() +
            "}\n  actions: {node: events, from: net, begin: 0.9, end: 0.6, shortest: 0.4}\n",
        to);
  };
  EXPECT_EQ(run("", whole).still(), 0);
  EXPECT_GT(run(", still: {skip: true, after: 1}", sink).still(), 20);
  EXPECT_FALSE(beside_the_still_part(whole).empty());
  EXPECT_EQ(beside_the_still_part(sink), beside_the_still_part(whole));
  for (const EventResult& event : sink.events())
    EXPECT_FALSE(event.change.start > kGoesOn - 8 && event.change.start < kGoesOn - 2) << to_json_line(event);
}

TEST(StillWindows, AreNothingForANetworkThatHearsEverySample) {
  GraphBench bench;
  bench.video("a.mp4", 30, 1);
  try {
    bench.describe(graph(", still: {skip: true}", "cnn_lstm, model: stream.yaml"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'clips' skips what is still, but 'net' carries its state"));
  }
}

}  // namespace
}  // namespace actionflow
