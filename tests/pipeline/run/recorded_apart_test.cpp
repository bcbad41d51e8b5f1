// Clips of events from a camera's main stream while networks see its smaller one: a real RTSP server that has
// both.
#include <gtest/gtest.h>

#include "nodes/store/event_store.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/camera_server.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

TEST(RecordedApart, ClipsComeFromTheMainStreamAtTheMomentOfTheirEvent) {
  GraphBench bench;
  const int port = free_port();
  const auto server = start_camera_server(port);
  const std::string address = "rtsp://127.0.0.1:" + std::to_string(port);
  // At such thresholds one class or another is always under way.
  const PipelineDescription description = bench.describe(
      "streams: {door: {source: '" + address + "/one', record: '" + address +
      "/main'}}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 1}\n"
      "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
      "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"
      "  kept: {node: store, from: actions, folder: state, before: 1, after: 0.5, longest: 4}\n");
  LinesByStream sink;
  Pipeline pipeline(description, sink);
  std::thread run([&] { pipeline.run(); });
  const auto with_clip = [&]() -> std::optional<StoredEvent> {
    for (const StoredEvent& event : EventTable(event_file(bench.folder() / "state")).find({}))
      if (!event.clip.empty() && event.start > 2) return event;
    return std::nullopt;
  };
  std::optional<StoredEvent> event;
  EXPECT_TRUE(wait_for([&] { return (event = with_clip()).has_value(); }));
  EXPECT_EQ(pipeline.streams().size(), 1U) << "a camera is one stream";
  pipeline.stop();
  run.join();
  ASSERT_TRUE(event);
  SourceOptions clip;
  clip.source = (bench.folder() / "state" / event->clip).string();
  const StopFlag never{false};
  const auto reader = Reader::open(clip, never);
  EXPECT_EQ(reader->info().width, 320);
  EXPECT_EQ(reader->info().height, 240);
  // From the key frame before the event on; the server sends one a second.
  EXPECT_LE(event->clip_start, event->start - 1 + 0.5);
  EXPECT_GE(event->clip_start, event->start - 1 - 2.5);
}

TEST(RecordedApart, ASourceThatIsNoCameraHasNone) {
  const GraphBench bench;
  for (const char* stream : {"{source: a.mp4, record: 'rtsp://127.0.0.1:9/1'}",
                             "{source: 'rtsp://127.0.0.1:9/1', record: a.mp4}"}) {
    try {
      bench.describe(std::string("streams: {a: ") + stream +
                     "}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames}\n"
                     "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n");
      FAIL() << stream;
    } catch (const config::ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find("record is no camera's stream"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace actionflow::testing
