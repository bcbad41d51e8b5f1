// Machines that share cameras, each a process of its own, at a real broker: one is killed, one is frozen, the
// broker goes and comes. Each camera is watched again by one of them, and never by two at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/mosquitto.h"
#include "tests/tools/tcp_link.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr int kCameras = 6;
// Events' times are on a grid of such samples, and an end is one behind the last.
constexpr double kSampleSeconds = 0.1;

// UTC of "2024-05-01T12:00:00.000Z".
double seconds_of(const std::string& text) {
  std::tm day{};
  double seconds = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%lf", &day.tm_year, &day.tm_mon, &day.tm_mday, &day.tm_hour,
                  &day.tm_min, &seconds) != 6)
    throw std::runtime_error("no time: " + text);
  day.tm_year -= 1900;
  day.tm_mon -= 1;
  return static_cast<double>(timegm(&day)) + seconds;
}

// From when to when a camera was seen by one machine, without a break.
struct Watch {
  std::string camera;
  double from = 1e18, to = 0;
};

class Machine {
 public:
  Machine(const std::filesystem::path& pipeline, const std::filesystem::path& log)
      : log_(log),
        process_({ACTIONFLOW_PROGRAM, "classify", pipeline.string(), "--json", "--windows"}, log.string()),
        reading_([this] { read(); }) {}
  ~Machine() {
    signal(SIGCONT);
    signal(SIGKILL);
    reading_.join();
  }

  void signal(int number) {
    if (process_.running()) process_.signal(number);
  }
  int wait() { return process_.wait(); }

  // Cameras of which it has told something since this was asked last.
  std::set<std::string> take_seen() {
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
  }
  std::vector<Watch> watches() const {
    const std::lock_guard lock(mutex_);
    std::vector<Watch> list;
    for (const auto& [key, watch] : watches_) list.push_back(watch);
    return list;
  }
  std::string log() const {
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  void read() {
    constexpr double kForEver = 1e6;
    while (const auto line = process_.read_line(kForEver)) {
      const json message = json::parse(*line);
      const std::lock_guard lock(mutex_);
      if (message["type"] == "window") seen_.insert(message["stream"].get<std::string>());
      if (message["type"] == "event") note(message);
    }
  }

  // Ids are RUN-NODE-STREAM-NUMBER; a camera that comes again is another stream.
  void note(const json& event) {
    const std::string id = event["id"];
    Watch& watch = watches_[id.substr(0, id.rfind('-'))];
    watch.camera = event["stream"];
    watch.from = std::min(watch.from, seconds_of(event["start_time"]));
    const json& last = event["end_time"].is_null() ? event["start_time"] : event["end_time"];
    watch.to = std::max(watch.to, seconds_of(last));
  }

  const std::filesystem::path log_;
  ChildProcess process_;
  mutable std::mutex mutex_;
  std::set<std::string> seen_;
  std::map<std::string, Watch> watches_;
  std::thread reading_;
};

class LongSharedCameras : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Mosquitto::installed()) GTEST_SKIP() << "mosquitto is not installed";
    bench_.video("a.mp4", 90, 1);
    broker_.start();
  }

  // Its way to the broker is by this port.
  Machine& start(int port) {
    std::string cameras;
    for (int i = 0; i < kCameras; ++i)
      cameras += (i > 0 ? ", c" : "c") + std::to_string(i) + ": {source: a.mp4, realtime: true, loop: true}";
    const std::string name = std::to_string(machines_.size());
    bench_.write(name + ".yaml",
                 "share: {broker: 'mqtt://127.0.0.1:" + std::to_string(port) +
                     "', group: site/hall}\nstreams: {" + cameras +
                     "}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 2}\n"
                     "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
                     "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n");
    return *machines_.emplace_back(
        std::make_unique<Machine>(bench_.folder() / (name + ".yaml"), bench_.folder() / (name + ".log")));
  }
  Machine& start() { return start(broker_.port()); }

  // Until all machines know that there are so many.
  bool wait_for_members(int count) const {
    const std::string line = std::to_string(count) + " machines";
    return wait_for([&] {
      return std::all_of(machines_.begin(), machines_.end(),
                         [&](const auto& machine) { return machine->log().find(line) != std::string::npos; });
    });
  }

  // The cameras of each, once each camera is with one of these.
  std::vector<std::set<std::string>> shares(const std::vector<Machine*>& machines) {
    std::vector<std::set<std::string>> shares;
    const bool settled = wait_for([&] {
      shares.clear();
      for (Machine* machine : machines) machine->take_seen();
      std::this_thread::sleep_for(std::chrono::seconds(1));
      std::size_t all = 0;
      std::set<std::string> together;
      for (Machine* machine : machines) {
        shares.push_back(machine->take_seen());
        all += shares.back().size();
        together.insert(shares.back().begin(), shares.back().end());
      }
      return all == kCameras && together.size() == kCameras;
    });
    EXPECT_TRUE(settled) << logs();
    return shares;
  }

  // In the end: meanwhile one of them may have all.
  void expect_shares(const std::vector<Machine*>& machines,
                     const std::vector<std::set<std::string>>& expected) {
    EXPECT_TRUE(wait_for([&] { return shares(machines) == expected; })) << logs();
  }

  std::string logs() const {
    std::string logs;
    for (const auto& machine : machines_) logs += "-- " + machine->log();
    return logs;
  }

  // Ends all, so that everything is told.
  void expect_none_watched_twice() {
    for (const auto& machine : machines_) {
      machine->signal(SIGTERM);
      machine->wait();
    }
    std::map<std::string, std::vector<Watch>> by_camera;
    for (const auto& machine : machines_)
      for (const Watch& watch : machine->watches()) by_camera[watch.camera].push_back(watch);
    EXPECT_EQ(by_camera.size(), static_cast<std::size_t>(kCameras));
    for (auto& [camera, watches] : by_camera) {
      std::sort(watches.begin(), watches.end(),
                [](const Watch& a, const Watch& b) { return a.from < b.from; });
      for (std::size_t i = 1; i < watches.size(); ++i)
        EXPECT_GT(watches[i].from, watches[i - 1].to - 2 * kSampleSeconds) << camera << "\n" << logs();
    }
  }

  GraphBench bench_;
  Mosquitto broker_;
  std::vector<std::unique_ptr<Machine>> machines_;
};

TEST_F(LongSharedCameras, AreSharedAnewWhenAMachineComesIsKilledOrLeaves) {
  Machine& first = start();
  EXPECT_EQ(shares({&first}).front().size(), static_cast<std::size_t>(kCameras));
  Machine& second = start();
  Machine& third = start();
  ASSERT_TRUE(wait_for_members(3)) << logs();
  const auto before = shares({&first, &second, &third});
  third.signal(SIGKILL);
  third.wait();
  const auto after = shares({&first, &second});
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_TRUE(std::includes(after[i].begin(), after[i].end(), before[i].begin(), before[i].end()));
  }
  second.signal(SIGTERM);
  EXPECT_EQ(second.wait(), 130);
  EXPECT_EQ(shares({&first}).front().size(), static_cast<std::size_t>(kCameras));
  expect_none_watched_twice();
}

TEST_F(LongSharedCameras, OfAMachineThatWasFrozenAreWatchedByOthersAndNotByItAfterwards) {
  Machine& first = start();
  Machine& second = start();
  ASSERT_TRUE(wait_for_members(2)) << logs();
  shares({&first, &second});
  first.signal(SIGSTOP);
  EXPECT_EQ(shares({&second}).front().size(), static_cast<std::size_t>(kCameras));
  first.signal(SIGCONT);
  ASSERT_TRUE(wait_for([&] { return first.log().find("its broker is") != std::string::npos; })) << logs();
  shares({&first, &second});
  expect_none_watched_twice();
}

// While one that claims cameras does not answer, nobody else opens them.
TEST_F(LongSharedCameras, OfAMachineThatIsSlowAreNotWatchedByTheOneThatCameInItsPlace) {
  Machine& first = start();
  shares({&first});
  Machine& second = start();
  ASSERT_TRUE(wait_for([&] { return !second.log().empty(); }));
  std::this_thread::sleep_for(std::chrono::seconds(8));  // two before it has listened for long enough
  first.signal(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(5));
  first.signal(SIGCONT);
  ASSERT_TRUE(wait_for_members(2)) << logs();
  shares({&first, &second});
  expect_none_watched_twice();
}

// The broker sends its last will at once, and it goes on until its lease has run out.
TEST_F(LongSharedCameras, OfAMachineThatDoesNotKnowItIsCutOffAreNotWatchedByOthersYet) {
  TcpLink link(broker_.port());
  Machine& first = start(link.port());
  Machine& second = start();
  ASSERT_TRUE(wait_for_members(2)) << logs();
  const auto before = shares({&first, &second});
  link.cut();
  ASSERT_TRUE(wait_for([&] { return first.log().find("its broker is") != std::string::npos; })) << logs();
  expect_shares({&first, &second}, before);
  expect_none_watched_twice();
}

TEST_F(LongSharedCameras, AreWatchedByOneAfterABrokerThatForgotEverythingIsBack) {
  Machine& first = start();
  Machine& second = start();
  ASSERT_TRUE(wait_for_members(2)) << logs();
  const auto before = shares({&first, &second});
  broker_.kill();
  broker_.forget();
  broker_.start();  // before a lease has run out: nobody stops watching
  expect_shares({&first, &second}, before);
  broker_.freeze();  // longer than a lease
  ASSERT_TRUE(wait_for([&] {
    first.take_seen();
    second.take_seen();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    return first.take_seen().empty() && second.take_seen().empty();
  })) << "nobody who has lost the broker goes on\n"
      << logs();
  broker_.thaw();
  expect_shares({&first, &second}, before);
  expect_none_watched_twice();
}

TEST_F(LongSharedCameras, OfAMachineThatDiedWithTheBrokerAreTakenOver) {
  Machine& first = start();
  Machine& second = start();
  ASSERT_TRUE(wait_for_members(2)) << logs();
  shares({&first, &second});
  std::this_thread::sleep_for(std::chrono::seconds(2));  // until the broker has it on disk
  broker_.kill();
  second.signal(SIGKILL);
  second.wait();
  broker_.start();  // it remembers the second's message, and not its last will
  EXPECT_EQ(shares({&first}).front().size(), static_cast<std::size_t>(kCameras));
  expect_none_watched_twice();
}

TEST_F(LongSharedCameras, AreNeverWatchedTwiceWhateverFailsInWhateverOrder) {
  constexpr int kFaults = 12;
  std::mt19937 random(16);
  const auto pause = [&](int most_seconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % (1000U * most_seconds)));
  };
  std::vector<Machine*> alive{&start(), &start(), &start()};
  ASSERT_TRUE(wait_for_members(3)) << logs();
  for (int fault = 0; fault < kFaults; ++fault) {
    Machine*& one = alive[random() % alive.size()];
    const unsigned kind = random() % 4;
    if (kind == 0) {
      broker_.kill();
      pause(12);
      broker_.start();
    } else if (kind == 1) {
      one->signal(SIGSTOP);
      pause(15);
      one->signal(SIGCONT);
    } else {
      one->signal(kind == 2 ? SIGKILL : SIGTERM);
      one->wait();
      one = &start();
    }
    pause(6);
  }
  shares(alive);
  expect_none_watched_twice();
}

}  // namespace
}  // namespace actionflow::testing
