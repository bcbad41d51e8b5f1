// The annotated video sent to a real RTSP server, which comes late and goes away in between.
#include <gtest/gtest.h>

#include <csignal>

#include "datasets/video/decoding/decoder.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/camera_server.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

std::size_t pictures_of(const std::filesystem::path& file) {
  const StopFlag never{false};
  SourceOptions options;
  options.source = file.string();
  const auto reader = Reader::open(options, never);
  EXPECT_EQ(reader->info().codec, "h264");
  const auto decoder = Decoder::create(reader->codec_parameters(), 1);
  std::vector<Frame> frames;
  while (auto packet = reader->read()) decoder->decode(*packet, frames);
  decoder->flush(frames);
  return frames.size();
}

TEST(PublishedVideo, ReachesAServerThatComesLateAndOneThatIsStartedAnew) {
  GraphBench bench;
  bench.video("a.mp4", 3000, 1);
  const int port = free_port();
  const PipelineDescription description = bench.describe(
      "streams: {door: {source: a.mp4, realtime: true}}\ngraph:\n  frames: {node: decode}\n"
      "  clips: {node: window, from: frames, hop: 1}\n"
      "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
      "  shown: {node: overlay, from: [frames, net], url: 'rtsp://127.0.0.1:" +
      std::to_string(port) + "/sent'}\n");
  LinesByStream sink;
  Pipeline pipeline(description, sink);
  std::thread run([&] { pipeline.run(); });
  EXPECT_TRUE(wait_for([&] { return pipeline.progress().windows() > 5; })) << "nobody waits for it";
  for (const char* name : {"first.h264", "second.h264"}) {
    const std::filesystem::path file = bench.folder() / name;
    const auto server = start_camera_server(port, file.string());
    constexpr std::uintmax_t kSome = 20'000;  // bytes
    std::error_code none;
    EXPECT_TRUE(wait_for([&] {
      return std::filesystem::exists(file) && std::filesystem::file_size(file, none) > kSome;
    })) << name;
    server->signal(SIGKILL);
    server->wait();
    EXPECT_GT(pictures_of(file), 10U);
  }
  pipeline.stop();
  run.join();
  EXPECT_TRUE(pipeline.progress().sink_failures.empty());
}

TEST(PublishedVideo, SeveralStreamsNeedAnAddressEach) {
  const GraphBench bench;
  const auto wrong = [&](const std::string& to) -> std::string {
    try {
      bench.describe(
          "streams: {a: a.mp4, b: b.mp4}\ngraph:\n  frames: {node: decode}\n"
          "  clips: {node: window, from: frames}\n"
          "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
          "  shown: {node: overlay, from: [frames, net], " +
          to + "}\n");
    } catch (const config::ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(wrong("url: 'rtsp://h/{stream}'"), "");
  EXPECT_NE(wrong("url: 'rtsp://h/1'").find("expected {stream} in its url"), std::string::npos);
  EXPECT_NE(wrong("url: 'http://h/{stream}'").find("no address of an RTSP server"), std::string::npos);
  EXPECT_NE(wrong("file: o.mp4, url: 'rtsp://h/{stream}'").find("one of them"), std::string::npos);
  EXPECT_NE(wrong("look: {}").find("expected file: or url:"), std::string::npos);
}

}  // namespace
}  // namespace actionflow::testing
