// What takes minutes: cameras that are lost again and again, hours of a stream, overload. `./run test --all`;
// some of it also in a short form.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files/database.h"
#include "base/machine/backoff.h"
#include "nodes/flow/clip_gate.h"
#include "nodes/store/event_store.h"
#include "tests/datasets/video/small_server.h"
#include "tests/pipeline/run/first_jpeg.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/camera_server.h"
#include "tests/tools/http_ask.h"
#include "tests/tools/process_holdings.h"
#include "tests/tools/ticking_clock.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

constexpr const char* kGraph =
    "graph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 1}\n"
    "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
    "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n";

// The least of several looks: what waits while the machine is busy elsewhere comes and goes.
class LeastHeld {
 public:
  void look(const ProcessHoldings& now) {
    least_.threads = looks_ ? std::min(least_.threads, now.threads) : now.threads;
    least_.descriptors = looks_ ? std::min(least_.descriptors, now.descriptors) : now.descriptors;
    least_.resident_kib = looks_ ? std::min(least_.resident_kib, now.resident_kib) : now.resident_kib;
    ++looks_;
  }
  const ProcessHoldings& get() const { return least_; }

 private:
  ProcessHoldings least_;
  int looks_ = 0;
};

// `connections`: of cameras that come and go, of which at each look another number may stand.
void expect_no_growth(const ProcessHoldings& before, const ProcessHoldings& after, long most_kib,
                      std::size_t connections = 0) {
  EXPECT_EQ(after.threads, before.threads);
  EXPECT_LE(after.descriptors, before.descriptors + connections);
#ifndef __SANITIZE_ADDRESS__  // which keeps what was freed
  EXPECT_LT(after.resident_kib, before.resident_kib + most_kib);
#endif
  std::printf("held at first %ld KiB, %zu threads, %zu descriptors; at last %ld KiB, %zu, %zu\n",
              before.resident_kib, before.threads, before.descriptors, after.resident_kib, after.threads,
              after.descriptors);
}

// A program whose cameras are looked at through its page.
class Watched {
 public:
  Watched(const GraphBench& bench, const std::string& streams) : port_(free_port()) {
    bench.write("cameras.yaml", "streams: " + streams + "\n" + kGraph);
    program_.emplace(
        std::vector<std::string>{ACTIONFLOW_PROGRAM, "classify", "--json", "--log", "quiet", "--web",
                                 std::to_string(port_), (bench.folder() / "cameras.yaml").string()},
        "/dev/null");
    drain_ = std::thread([this] { program_->read_all(1e9); });
    EXPECT_TRUE(wait_for([&] { return answers(); }));
  }
  ~Watched() {
    program_->signal(SIGTERM);
    drain_.join();
    EXPECT_EQ(program_->wait(), 130);
  }

  nlohmann::json streams() const {
    return nlohmann::json::parse(http_get(port_, "/api/streams").body)["streams"];
  }
  std::int64_t reconnects() const {
    std::int64_t sum = 0;
    for (const auto& stream : streams()) sum += stream["reconnects"].get<std::int64_t>();
    return sum;
  }
  // Waits until each camera has given so many more windows since it was last back.
  bool all_give(const nlohmann::json& before) const {
    for (const auto& stream : streams()) {
      for (const auto& then : before) {
        if (then["name"] != stream["name"]) continue;
        if (stream["state"] != "live" || stream["windows"] < then["windows"].get<std::int64_t>() + 2 ||
            stream["reconnects"] <= then["reconnects"])
          return false;
      }
    }
    return true;
  }
  ProcessHoldings held() const { return process_holdings(program_->pid()); }

 private:
  bool answers() const {
    try {
      return http_get(port_, "/healthz").status != 0;
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  const int port_;
  std::optional<ChildProcess> program_;
  std::thread drain_;
};

// Looks a few times a second: the page answers a bounded number of requests.
template <class Condition>
bool look_until(Condition&& condition) {
  return wait_for([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return condition();
  });
}

TEST(Cameras, OfDifferentSizesCodecsAndRatesAllGiveWindowsAndComeBack) {
  GraphBench bench;
  const int port = free_port();
  const std::string address = "rtsp://127.0.0.1:" + std::to_string(port) + "/";
  auto server = start_camera_server(port);
  std::string streams = "{";
  constexpr int kCameras = 8;
  for (int camera = 1; camera <= kCameras; ++camera) {
    const std::string number = std::to_string(camera);
    streams += "c" + number + ": {source: '" + address + number +
               "', transport: " + (camera % 2 ? "tcp" : "udp") + ", silence: 2}, ";
  }
  const Watched watched(bench, streams + "}");
  const auto all_live = [&] {
    const nlohmann::json now = watched.streams();
    return std::all_of(now.begin(), now.end(), [](const auto& stream) { return stream["windows"] > 2; });
  };
  EXPECT_TRUE(look_until(all_live)) << watched.streams();
  const nlohmann::json before = watched.streams();
  server->signal(SIGKILL);
  server->wait();
  server = start_camera_server(port);
  EXPECT_TRUE(look_until([&] { return watched.all_give(before); })) << watched.streams();
}

TEST(LongCameras, ComeBackTwoHundredTimesFromAServerThatIsKilledFrozenAndStartedWithAnotherSize) {
  GraphBench bench;
  const int port = free_port();
  const std::string address = "rtsp://127.0.0.1:" + std::to_string(port);
  auto server = start_camera_server(port);
  const Watched watched(bench, "{one: {source: '" + address + "/one', silence: 2}, two: {source: '" +
                                   address + "/two', transport: udp, silence: 2}}");
  ASSERT_TRUE(look_until([&] { return watched.streams()[0]["windows"] > 2; }));
  LeastHeld early, late;
  constexpr int kTimes = 200, kEach = 5;
  for (int time = 1; time <= kTimes; ++time) {
    const nlohmann::json before = watched.streams();
    if (time % 3 == 0) {
      server->signal(SIGSTOP);
      ASSERT_TRUE(look_until([&] { return watched.streams()[0]["state"] == "lost"; })) << time;
    }
    server->signal(SIGKILL);
    server->wait();
    server = start_camera_server(port, "", time % 2 == 0 ? 160 : 208);
    ASSERT_TRUE(look_until([&] { return watched.all_give(before); })) << "time " << time;
    std::this_thread::sleep_for(Backoff::kHeld + std::chrono::seconds(1));  // else waits grow
    if (time > 10 && time <= 10 + kEach) early.look(watched.held());
    if (time > kTimes - kEach) late.look(watched.held());
  }
  constexpr long kMostKib = 180 * 2 * 64;  // of each connection no more than a part of its pictures
  expect_no_growth(early.get(), late.get(), kMostKib);
}

// Cameras whose connection is cut in the middle of a picture a moment after it was made: what is held after
// `first` connections and after `times`. Each waits longer from time to time.
void cut_connections_in_mid_picture(int cameras, std::int64_t first, std::int64_t times) {
  GraphBench bench;
  bench.video("a.avi", 25, 1);
  const std::string jpeg = first_jpeg(bench.folder() / "a.avi");
  const SmallServer server([&](const Connection& connection) {
    if (connection.read_head().empty()) return;
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n");
    const std::string part =
        "--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) + "\r\n\r\n" +
        jpeg;
    constexpr int kPictures = 25;
    for (int k = 0; k < kPictures; ++k) {
      if (!connection.send(part + "\r\n")) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    connection.send(part.substr(0, part.size() / 2));
  });
  std::string streams = "{";
  for (int camera = 0; camera < cameras; ++camera)
    streams += "c" + std::to_string(camera) + ": {source: '" + server.address("http", "/") + "'}, ";
  const Watched watched(bench, streams + "}");
  LeastHeld early, late;
  const auto look_after = [&](std::int64_t reconnects, LeastHeld& held) {
    for (std::int64_t more = 0; more < 40; ++more) {
      ASSERT_TRUE(look_until([&] { return watched.reconnects() >= reconnects + more; })) << reconnects + more;
      held.look(watched.held());
    }
  };
  look_after(first, early);
  for (std::int64_t reached = 2 * first; reached < times; reached += 50)
    ASSERT_TRUE(look_until([&] { return watched.reconnects() >= reached; }));
  look_after(times, late);
  expect_no_growth(early.get(), late.get(), 4096, 4);
}

TEST(Cameras, ConnectionsCutInMidPictureLeaveNothingBehind) { cut_connections_in_mid_picture(24, 30, 80); }

TEST(LongCameras, AThousandConnectionsCutInMidPictureLeaveNothingBehind) {
  cut_connections_in_mid_picture(60, 200, 1000);
}

// Counts the events that have begun.
class Begun : public ResultSink {
 public:
  void window(const WindowResult&) override {}
  void event(const EventResult& event) override { count_ += event.change.kind == EventChange::begun; }
  void summary(const Summary&) override {}
  std::int64_t count() const { return count_; }

 private:
  std::atomic<std::int64_t> count_{0};
};

// How many events a store was ever given.
std::int64_t events_taken(Database& store) {
  auto last = store.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'");
  return last.run() ? last.integer(0) : 0;
}

// The first hour fills what is bounded: the table's cache, the folder of clips.
TEST(LongStreams, TheSecondHourAtFullSpeedHoldsNoMoreThanTheFirst) {
  GraphBench bench;
  bench.video("a.mp4", 500, 1);
  TickingClock clock(1);  // whatever is due has come
  Begun sink;
  Pipeline pipeline(
      bench.describe("streams: {a: {source: a.mp4, realtime: true, loop: true}}\n" + std::string(kGraph) +
                     "  kept: {node: store, from: actions, folder: state, limit: 2 MB}\n"),
      sink, {{}, clock});
  Database store(event_file(bench.folder() / "state"), Database::Sharing::shared);
  std::thread run([&] { pipeline.run(); });
  constexpr std::int64_t kRate = 25, kHour = 3600 * kRate;
  LeastHeld early, late;
  for (std::int64_t frames = kHour / 6; frames <= 2 * kHour; frames += kRate * 10) {
    ASSERT_TRUE(wait_for([&] { return pipeline.progress().frames() >= frames; })) << frames;
    // A disk that is slower than the hours pass would have more and more events wait for it.
    clock.hold(true);
    ASSERT_TRUE(wait_for([&] { return events_taken(store) >= sink.count(); })) << frames;
    clock.hold(false);
    const std::int64_t in_hour = frames % kHour;
    if (in_hour > kHour - kHour / 12) (frames < kHour ? early : late).look(process_holdings());
  }
  const StreamView seen = pipeline.streams().front();
  clock.hold(true);  // so that sinks are waited for
  pipeline.stop();
  run.join();
  EXPECT_GE(seen.frames, 2 * kHour);
  EXPECT_EQ(seen.failed, 0);
  expect_no_growth(early.get(), late.get(), early.get().resident_kib / 100);
}

// The network takes one window while four are cut. Windows stand side by side, so that each sample is in one.
void overload_four_times(std::int64_t windows) {
  GraphBench bench;
  constexpr std::int64_t kWindow = 4, kTimes = 4, kRate = 25, kSampled = 10;
  const std::int64_t samples = windows * kWindow, pictures = samples * kRate / kSampled;
  bench.video("a.mp4", static_cast<int>(pictures), 1);
  constexpr std::int64_t kBelow = 4;  // half of the workers, and one that waits
  LinesByStream sink;
  Pipeline* running = nullptr;
  const auto prepared = [&running] {
    for (const StageSummary& stage : running->progress().stages)
      if (stage.name == "prepare") return stage.calls;
    return std::int64_t{0};
  };
  std::atomic<std::int64_t> taken{0}, oldest{0};
  const auto work = [&](const FaultPoint& point) {
    if (point.node != "net") return Fault::none;
    const std::int64_t before = prepared() / kWindow - 1 - point.number;
    for (std::int64_t most = oldest; before > most && !oldest.compare_exchange_weak(most, before);) {
    }
    const std::int64_t enough = std::min(windows, kTimes * ++taken);
    EXPECT_TRUE(wait_for([&] { return prepared() / kWindow >= enough; }));
    return Fault::none;
  };
  Pipeline pipeline(bench.describe("options: {workers: 6}\nstreams: {a: {source: a.mp4, realtime: true}, b: "
                                   "nobody.mp4}\n" +
                                   std::regex_replace(kGraph, std::regex("hop: 1"), "hop: 4")),
                    sink, {work});
  running = &pipeline;
  const StreamSummary summary = pipeline.run().streams[0];
  EXPECT_EQ(summary.frames, pictures);
  EXPECT_EQ(prepared(), samples);
  EXPECT_EQ(kWindow * (summary.windows + summary.dropped), samples);
  EXPECT_GT(summary.dropped, windows / 2);
  EXPECT_LE(oldest, kBelow + static_cast<std::int64_t>(ClipGate::kLiveQueue));
}

TEST(Streams, FourTimesTooMuchIsDroppedToTheSampleAndNothingWaitsLong) { overload_four_times(25); }

TEST(LongStreams, FourTimesTooMuchIsDroppedToTheSampleAndNothingWaitsLong) { overload_four_times(100); }

}  // namespace
}  // namespace actionflow::testing
