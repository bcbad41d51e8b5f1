// Cameras of a real server that come and go by the file, over HTTP and by MQTT in turn, beside a stream that
// stays.
#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "pipeline/commands/live_reload.h"
#include "pipeline/web/page_sources.h"
#include "pipeline/web/web_server.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/camera_server.h"
#include "tests/tools/http_ask.h"
#include "tests/tools/mosquitto.h"
#include "tests/tools/process_holdings.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

class ChangingCameras : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Mosquitto::installed()) GTEST_SKIP() << "mosquitto is not installed";
    broker_.start();
    bench_.video("a.mp4", kPictures, 1);
  }
  void TearDown() override {
    if (!running_.joinable()) return;
    steps_.release(kPictures);
    pipeline_->stop();
    running_.join();
  }

  // Stream a is read a picture at a time, whenever one is let go. The keeper is what makes the run live.
  std::string text(const std::string& streams, const std::string& spool = "live.spool") const {
    return "options: {workers: 3}\nstreams: {a: a.mp4" + streams +
           "}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 1}\n"
           "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
           "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"
           "  alert: {node: mqtt, from: actions, broker: '" +
           broker_.address() + "', topic: t, cameras: true, spool: {file: " + spool +
           "}}\nweb: {listen: \"127.0.0.1:0\"}\n";
  }
  static std::string keeper() { return ", keeper: {source: a.mp4, realtime: true, loop: true}"; }

  void start() {
    exchange_file(keeper());
    flags_.overrides.windows_too = true;
    reload_ = std::make_unique<LiveReload>(flags_, arguments_);
    description_ = flags_.read(arguments_);
    pipeline_ = std::make_unique<Pipeline>(description_, sink_, RunOptions{[this](const FaultPoint& point) {
                                             if (point.stream == "a" && point.node == "clips")
                                               steps_.acquire();
                                             return Fault::none;
                                           }});
    changes_ = reload_->begin(*pipeline_, description_);
    page_.emplace(*description_.web, page_sources(*pipeline_, description_, std::make_shared<LatestResults>(),
                                                  &changes_->changes(), &changes_->settings()));
    running_ = std::thread([this] { pipeline_->run(); });
  }

  // Another file takes its place, as editors have it.
  void exchange_file(const std::string& streams) const {
    bench_.write("new.yaml", text(streams));
    std::filesystem::rename(bench_.folder() / "new.yaml", bench_.folder() / "pipeline.yaml");
  }

  std::optional<StreamView> camera(const std::string& name) const {
    for (const StreamView& view : pipeline_->streams()) {
      if (view.name == name) return view;
    }
    return std::nullopt;
  }

  // Each has its own way to come and go.
  void add(const std::string& name) {
    const std::string json = R"({"source":")" + address_ + R"("})";
    if (name == "by_file") exchange_file(keeper() + ", by_file: '" + address_ + "'");
    if (name == "by_page") {
      EXPECT_EQ(http_ask(page_->port(), "PUT", "/api/streams/by_page", {}, json).status, 201);
    }
    if (name == "by_message") broker_.publish("t/streams/by_message/set", json, false);
    EXPECT_TRUE(wait_for([&] { return camera(name).has_value(); })) << name;
  }
  void remove(const std::string& name) {
    if (name == "by_file") exchange_file(keeper());
    if (name == "by_page") {
      EXPECT_EQ(http_ask(page_->port(), "DELETE", "/api/streams/by_page").status, 204);
    }
    if (name == "by_message") broker_.publish("t/streams/by_message/set", "", false);
    EXPECT_TRUE(wait_for([&] { return !camera(name); })) << name;
  }

  // Some are left until they have given windows.
  void come_and_go(int times) {
    constexpr int kLeft = 10;
    const std::array<std::string, 3> ways{"by_file", "by_page", "by_message"};
    ProcessHoldings held;
    for (int time = 0; time < times; ++time) {
      const std::string& name = ways[static_cast<std::size_t>(time) % ways.size()];
      add(name);
      if (time % kLeft == 0) {
        EXPECT_TRUE(wait_for([&] { return camera(name)->windows > 0; })) << name;
      }
      remove(name);
      if (time == times / 2) held = process_holdings();
      if (time * kPictures / times != (time + 1) * kPictures / times) steps_.release();
    }
    // By the network, the events, the alert and the order of results, as a stream's windows reach them.
    constexpr std::size_t kKeptOfAStream = 4;
    EXPECT_TRUE(wait_for([&] {
      const Pipeline::Holdings now = pipeline_->holdings();
      return now.lanes == 2 && now.sources == 2 && now.states <= now.lanes * kKeptOfAStream;
    }));
    // Threads that ended may still be on their way out of the system.
    EXPECT_TRUE(wait_for([&] {
      const ProcessHoldings now = process_holdings();
      return now.threads <= held.threads && now.descriptors <= held.descriptors;
    }));
    constexpr long kMostKib = 8 * 1024;
    EXPECT_LT(process_holdings().resident_kib, held.resident_kib + kMostKib);
  }

  void expect_lines_as_alone() {
    steps_.release(kPictures);
    ASSERT_TRUE(wait_for([&] { return camera("a")->state == ConnectionState::ended; }));
    TearDown();
    LinesByStream alone;
    PipelineOverrides overrides;
    overrides.windows_too = true;
    Pipeline(bench_.describe(text("", "alone.spool"), overrides), alone, {}).run();
    EXPECT_GT(alone.lines().at("a").size(), 0U);
    EXPECT_EQ(sink_.lines().at("a"), alone.lines().at("a"));
  }

  static constexpr int kPictures = 90;
  GraphBench bench_;
  Mosquitto broker_;
  const int camera_port_ = free_port();
  const std::unique_ptr<ChildProcess> cameras_ = start_camera_server(camera_port_);
  const std::string address_ = "rtsp://127.0.0.1:" + std::to_string(camera_port_) + "/one";
  std::counting_semaphore<> steps_{0};
  LinesByStream sink_;
  PipelineFlags flags_;
  const Arguments arguments_{{(bench_.folder() / "pipeline.yaml").string()}, {}, false};
  PipelineDescription description_;
  std::unique_ptr<LiveReload> reload_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<LiveReload::Running> changes_;
  std::optional<WebServer> page_;
  std::thread running_;
};

TEST_F(ChangingCameras, ComeAndGoInThreeWaysAndTheOthersLinesStayToTheByte) {
  start();
  come_and_go(12);
  expect_lines_as_alone();
}

using LongChangingCameras = ChangingCameras;

TEST_F(LongChangingCameras, ComeAndGoFiveHundredTimesInThreeWaysAndTheOthersLinesStayToTheByte) {
  start();
  come_and_go(500);
  expect_lines_as_alone();
}

}  // namespace
}  // namespace actionflow::testing
