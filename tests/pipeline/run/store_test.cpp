// Events of running graphs kept in a folder, with clips that play and pictures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "datasets/video/decoding/decoder.h"
#include "nodes/store/event_store.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/child_process.h"
#include "tests/tools/wait_for.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using testing::LinesByStream;

// At such thresholds one class or another is always under way.
std::string graph(const std::string& streams, const std::string& more = "") {
  return "streams: " + streams +
         "\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 1}\n"
         "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
         "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"
         "  kept: {node: store, from: actions, folder: state" +
         more + "}\n";
}

std::vector<StoredEvent> stored(const GraphBench& bench) {
  return EventTable(event_file(bench.folder() / "state")).find({});
}

std::size_t pictures_of(const std::filesystem::path& file) {
  const StopFlag never{false};
  SourceOptions options;
  options.source = file;
  const auto reader = Reader::open(options, never);
  const auto decoder = Decoder::create(reader->codec_parameters(), 1);
  std::vector<Frame> frames;
  while (auto packet = reader->read()) decoder->decode(*packet, frames);
  decoder->flush(frames);
  return frames.size();
}

TEST(StoreNode, KeepsWhatIsPrintedWithAClipAndAPictureOfEach) {
  GraphBench bench;
  bench.video("a.mp4", 150, 1);
  bench.video("b.mp4", 100, 2);
  LinesByStream sink;
  const Summary summary = bench.run(graph("{a: a.mp4, b: b.mp4}", ", before: 1, after: 0.5"), sink);
  EXPECT_TRUE(summary.sink_failures.empty());
  std::map<std::string, EventResult> printed;
  for (const EventResult& event : sink.events()) {
    if (event.over()) printed.emplace(event.id, event);
  }
  ASSERT_GE(printed.size(), 2U);
  const auto kept = stored(bench);
  ASSERT_EQ(kept.size(), printed.size());
  for (const StoredEvent& event : kept) {
    ASSERT_TRUE(printed.contains(event.id)) << event.id;
    const EventChange& change = printed.at(event.id).change;
    EXPECT_TRUE(event.id.starts_with("r1-actions-")) << event.id;
    EXPECT_EQ(event.state, EventState::ended);
    EXPECT_DOUBLE_EQ(event.start, change.start);
    EXPECT_DOUBLE_EQ(event.end, change.end);
    ASSERT_EQ(event.clip, "clips/" + std::to_string(event.number) + ".mp4");
    // One key frame in all: the clip begins with the video and ends half a second behind the event.
    const double length = event.stream == "a" ? 6 : 4;
    EXPECT_NEAR(event.clip_start, 0, 1e-6);
    const double end = std::min(length, event.end + 0.5);
    EXPECT_NEAR(static_cast<double>(pictures_of(bench.folder() / "state" / event.clip)), end * 25, 3)
        << event.id;
    std::ifstream picture(bench.folder() / "state" / event.picture, std::ios::binary);
    EXPECT_EQ(picture.get(), 0xFF) << "JPEG";
    EXPECT_GT(event.bytes, 0);
  }
}

TEST(StoreNode, GoesOnFromRunToRunWithOtherIds) {
  GraphBench bench;
  bench.video("a.mp4", 100, 1);
  for (int run = 1; run <= 2; ++run) {
    LinesByStream sink;
    bench.run(graph("{a: a.mp4}", ", record: false"), sink);
    EXPECT_TRUE(sink.events().front().id.starts_with("r" + std::to_string(run) + "-"));
  }
  const auto kept = stored(bench);
  std::set<std::string> ids;
  for (const StoredEvent& event : kept) ids.insert(event.id);
  EXPECT_EQ(ids.size(), kept.size());
  EXPECT_TRUE(kept.front().clip.empty());
  EXPECT_TRUE(kept.front().picture.empty());
}

TEST(StoreNode, ACodecThatNoContainerTakesGivesPicturesOnly) {
  GraphBench bench;
  testing::TestVideo video;
  video.frames = 60;
  video.encoder = "rawvideo";
  write_test_video(bench.folder() / "a.avi", video);
  LinesByStream sink;
  const Summary summary = bench.run(graph("{a: a.avi}"), sink);
  EXPECT_TRUE(summary.sink_failures.empty());
  const auto kept = stored(bench);
  ASSERT_FALSE(kept.empty());
  EXPECT_TRUE(kept.front().clip.empty());
  EXPECT_FALSE(kept.front().picture.empty());
}

std::vector<std::string> files_in(const std::filesystem::path& folder, const std::string& suffix) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == suffix) names.push_back(entry.path().filename());
  }
  return names;
}

TEST(StoreNode, AfterAKillOfTheProgramTheNextOneCloses) {
  GraphBench bench;
  bench.video("a.mp4", 1500, 1);
  bench.write("p.yaml", "defaults: {realtime: true}\n" + graph("{a: a.mp4}"));
  const auto run_until_an_event_begins = [&] {
    auto program = std::make_unique<testing::ChildProcess>(
        std::vector<std::string>{ACTIONFLOW_PROGRAM, "classify", "--json", bench.folder() / "p.yaml"});
    const auto line = program->read_line(120);
    EXPECT_TRUE(line && line->find("\"end\":null") != std::string::npos);
    // The clip is begun by another thread than the one that prints.
    EXPECT_TRUE(
        testing::wait_for([&] { return !files_in(bench.folder() / "state/clips", ".part").empty(); }));
    return program;
  };
  run_until_an_event_begins()->signal(SIGKILL);
  ASSERT_GE(stored(bench).size(), 1U);
  EXPECT_EQ(stored(bench).back().state, EventState::open);
  const std::int64_t killed = stored(bench).back().number;

  const auto program = run_until_an_event_begins();
  const auto kept = stored(bench);
  EXPECT_EQ(kept[static_cast<std::size_t>(killed) - 1].state, EventState::interrupted);
  EXPECT_TRUE(kept[static_cast<std::size_t>(killed) - 1].id.starts_with("r1-"));
  EXPECT_TRUE(kept.back().id.starts_with("r2-")) << kept.back().id;
  for (const std::string& file : files_in(bench.folder() / "state/clips", ".part"))
    EXPECT_GT(std::stoll(file), killed) << "half a clip of the killed program";
  program->signal(SIGTERM);
  EXPECT_EQ(program->wait(), 130);
  EXPECT_EQ(stored(bench).back().state, EventState::ended) << "a stop ends what is under way";
  EXPECT_FALSE(stored(bench).back().clip.empty());
  EXPECT_TRUE(files_in(bench.folder() / "state/clips", ".part").empty());
}

TEST(StoreNode, TwoOfOneFolderAreRefused) {
  GraphBench bench;
  bench.video("a.mp4", 10, 1);
  EXPECT_THROW(bench.describe(graph("{a: a.mp4}") + "  twice: {node: store, from: actions, folder: state}\n"),
               config::ConfigError);
  EXPECT_FALSE(std::filesystem::exists(bench.folder() / "state")) << "checking makes nothing";
}

}  // namespace
}  // namespace actionflow
