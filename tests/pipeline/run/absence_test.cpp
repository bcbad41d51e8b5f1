#include "pipeline/run/absence.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/moved_clock.h"
#include "tests/tools/wait_for.h"

namespace actionflow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(Absence, WhoseBeginningWasToldHasItsEndTold) {
  constexpr std::int64_t kMinute = 60'000'000'000;
  Absence absence(kMinute);
  EXPECT_EQ(absence.told(2 * kMinute), std::nullopt);
  EXPECT_EQ(absence.due(2 * kMinute), 1);
  EXPECT_EQ(absence.told(5 * kMinute), 4);
}

TEST(Absence, IsToldAfterOneTenAndSixtyMinutesThenEachHour) {
  Absence absence(7 * kSecond);
  std::vector<std::int64_t> told;
  for (std::int64_t second = 0; second < 5 * 3600 + 60; second += 10)
    if (const auto minutes = absence.due((7 + second) * kSecond)) told.push_back(*minutes);
  EXPECT_EQ(told, (std::vector<std::int64_t>{1, 10, 60, 120, 180, 240, 300}));
}

TEST(Absence, IsToldOnceWhereNobodyAskedForLong) {
  Absence absence;
  EXPECT_EQ(absence.due(150 * 60 * kSecond), 150);
  EXPECT_EQ(absence.due(151 * 60 * kSecond), std::nullopt);
  EXPECT_EQ(absence.due(180 * 60 * kSecond), 180);
}

TEST(Absence, SaysHours) {
  EXPECT_EQ(Absence::text(10), "10 min");
  EXPECT_EQ(Absence::text(120), "2 h");
  EXPECT_EQ(Absence::text(150), "2 h 30 min");
}

// Also while the next attempt is not due yet: waits grow to half a minute.
TEST(Absence, OfACameraIsToldWhenItIsDueAndNotWithTheNextAttempt) {
  std::atomic<int> attempts{0};
  httplib::Server camera;
  camera.Get("/one", [&](const httplib::Request&, httplib::Response& response) {
    ++attempts;
    response.status = 503;
  });
  const int port = camera.bind_to_any_port("127.0.0.1");
  std::thread serving([&] { camera.listen_after_bind(); });

  const testing::GraphBench bench;
  testing::LogLines log;
  const auto says = [&](std::string_view words) {
    const std::vector<std::string> lines = log.lines();
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(words) != std::string::npos; });
  };
  testing::MovedClock clock;
  testing::LinesByStream sink;
  Pipeline pipeline(
      bench.describe("streams: {door: 'http://127.0.0.1:" + std::to_string(port) +
                     "/one'}\n"
                     "graph:\n  frames: {node: decode}\n"
                     "  clips: {node: window, from: frames, hop: 2}\n"
                     "  plain: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n"),
      sink, {{}, clock});
  std::thread running([&] { pipeline.run(); });
  EXPECT_TRUE(testing::wait_for([&] { return says("trying again until it is back"); }));
  const int before = attempts;
  clock.pass(59.9);  // the next attempt fails, too, and the wait after it begins
  EXPECT_TRUE(testing::wait_for([&] { return attempts > before; }));
  EXPECT_FALSE(says("away for"));
  clock.pass(0.2);
  EXPECT_TRUE(testing::wait_for([&] { return says("door: away for 1 min now"); }));
  pipeline.stop();
  running.join();
  camera.stop();
  serving.join();
}

}  // namespace
}  // namespace actionflow
