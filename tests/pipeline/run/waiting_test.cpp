// What waits in a running graph, and how much of it at most: counted.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "pipeline/run/stream_source.h"
#include "tests/datasets/video/small_server.h"
#include "tests/pipeline/run/first_jpeg.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/ticking_clock.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

std::string one_network(const std::string& streams, const std::string& window) {
  return "streams: " + streams + "\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames" +
         window + "}\n  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n";
}

// A picture a second, ten samples and windows a picture.
TEST(Waiting, ASlowCamerasPictureBringsManyWindowsOfWhichNoneIsDroppedWhileTheNetworkKeepsUp) {
  GraphBench bench;
  constexpr std::int64_t kPictures = 12, kWindow = 4, kSamples = 10 * (kPictures - 1) + 1;
  bench.video("a.mp4", kPictures, 1, 1);
  TickingClock clock;
  LinesByStream sink;
  Pipeline* running = nullptr;
  // The next picture comes when all windows that are cut are answered.
  const auto all_answered = [&running] {
    const Summary now = running->progress();
    std::int64_t samples = 0;
    for (const StageSummary& stage : now.stages)
      if (stage.name == "prepare") samples = stage.calls;
    return now.windows() + now.streams[0].dropped == std::max<std::int64_t>(0, samples - kWindow + 1);
  };
  Pipeline pipeline(bench.describe(one_network("{a: {source: a.mp4, realtime: true}}", ", hop: 1")), sink,
                    {[&](const FaultPoint& point) {
                       if (point.node == "clips") {
                         EXPECT_TRUE(wait_for(all_answered));
                       }
                       return Fault::none;
                     },
                     clock});
  running = &pipeline;
  const StreamSummary summary = pipeline.run().streams[0];
  EXPECT_EQ(summary.frames, kPictures);
  EXPECT_EQ(summary.dropped, 0);
  EXPECT_EQ(summary.windows, kSamples - kWindow + 1);
}

// Nobody reads the pipe that its video goes to.
TEST(Waiting, AHangingEncoderHoldsABoundedNumberOfAnswersAndTheRestAreCounted) {
  GraphBench bench;
  bench.video("a.mp4", 100, 1);
  const std::filesystem::path video = bench.folder() / "out.mkv";
  ASSERT_EQ(mkfifo(video.c_str(), 0600), 0);
  LinesByStream sink;
  Pipeline pipeline(
      bench.describe(one_network("{a: {source: a.mp4, realtime: true, loop: true}}", ", hop: 1") +
                     "  video: {node: overlay, from: [frames, net], file: out.mkv}\n"),
      sink, {});
  std::thread run([&] { pipeline.run(); });
  const auto metric = [&](const std::string& name) {
    const std::string text = pipeline.metrics();
    const std::size_t at = text.find("\n" + name + "{node=\"video\",stream=\"a\"} ");
    return at == std::string::npos ? -1 : std::stoi(text.substr(text.find("} ", at) + 2));
  };
  EXPECT_TRUE(wait_for([&] { return metric("actionflow_results_dropped_total") > 20; }));
  EXPECT_GT(metric("actionflow_video_dropped_total"), 0);
  EXPECT_GT(metric("actionflow_queue_limit"), 0);
  EXPECT_LE(metric("actionflow_queue_depth"), metric("actionflow_queue_limit"));
  std::thread reader([&] {
    std::ifstream file(video, std::ios::binary);
    EXPECT_GT(std::string(std::istreambuf_iterator<char>(file), {}).size(), 0U);
  });
  pipeline.stop();
  run.join();
  reader.join();
}

// A camera whose server sends `first`, and `then` once it is told to.
class PushedCamera : public ::testing::Test {
 protected:
  void run(const std::string& head, const std::string& first, const std::string& then,
           std::int64_t least_left_out) {
    std::atomic<bool> goes_on{false};
    std::atomic<int> connections{0};
    const SmallServer server([&](const Connection& connection) {
      if (connection.read_head().empty()) return;
      if (connections++ > 0) return connection.stay_silent();
      connection.send("HTTP/1.1 200 OK\r\n" + head + "\r\n\r\n" + first);
      EXPECT_TRUE(wait_for([&] { return goes_on.load(); }));
      connection.send(then);
    });
    LinesByStream sink;
    Pipeline* running = nullptr;
    const auto left_out = [&running] {
      const std::string text = running->metrics(),
                        name = "actionflow_frames_dropped_total{stream=\"a\",reason=\"busy\"} ";
      return std::stoll(text.substr(text.find("\n" + name) + 1 + name.size()));
    };
    // Nothing is decoded before so many are left out.
    Pipeline pipeline(bench_.describe(one_network("{a: '" + server.address("http", "/") + "'}", ", hop: 1")),
                      sink, {[&](const FaultPoint& point) {
                        if (point.node == "frames" && point.number == 0) {
                          EXPECT_TRUE(wait_for([&] { return left_out() >= least_left_out; }));
                        }
                        return Fault::none;
                      }});
    running = &pipeline;
    std::thread thread([&] { summary_ = pipeline.run().streams[0]; });
    EXPECT_TRUE(wait_for([&] { return pipeline.progress().frames() >= StreamSource::kPushedPackets - 8; }));
    goes_on = true;
    EXPECT_TRUE(wait_for([&] { return connections > 1; })) << "the first is read to its end";
    left_out_ = left_out();
    EXPECT_TRUE(wait_for([&] { return pipeline.progress().frames() + left_out_ >= kPictures; }));
    pipeline.stop();
    thread.join();
  }

  static constexpr std::int64_t kPictures = 200;
  GraphBench bench_;
  StreamSummary summary_;
  std::int64_t left_out_ = 0;
};

TEST_F(PushedCamera, IsReadHoweverBusyTheDecoderIsAndWhatIsLeftOutIsCountedToThePicture) {
  bench_.video("a.avi", 5, 1);
  const std::string jpeg = first_jpeg(bench_.folder() / "a.avi");
  const std::string part =
      "--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) + "\r\n\r\n" +
      jpeg + "\r\n";
  std::string pictures;
  for (int k = 0; k < kPictures; ++k) pictures += part;
  constexpr std::int64_t kLeftOut = kPictures - (StreamSource::kPushedPackets - 1);
  run("Content-Type: multipart/x-mixed-replace; boundary=b", pictures, "", kLeftOut);
  EXPECT_EQ(left_out_, kLeftOut);
  EXPECT_EQ(summary_.frames, kPictures - kLeftOut);
}

TEST_F(PushedCamera, GoesOnAtAKeyframe) {
  TestVideo video;
  video.frames = kPictures;
  video.keyframe_interval = 10;
  write_test_video(bench_.folder() / "a.ts", video);
  std::ifstream file(bench_.folder() / "a.ts", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  run("Content-Type: video/mp2t", bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2), 1);
  EXPECT_GT(left_out_, 1);
  EXPECT_GT(summary_.frames, StreamSource::kPushedPackets);
  EXPECT_EQ(summary_.frames + left_out_, kPictures);
  EXPECT_EQ(summary_.damaged, 0);
}

}  // namespace
}  // namespace actionflow::testing
