#include "nodes/flow/clip_gate.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

Window window() {
  Window one;
  one.clips = Clips(std::make_shared<const std::vector<Clip>>());
  return one;
}

// A gate over a stream, and what it let pass.
struct Bench {
  explicit Bench(bool live, int in_flight = 1, std::size_t live_queue = ClipGate::kLiveQueue)
      : state("camera") {
    state.live = live;
    gate = std::make_shared<ClipGate>(
        state, [in_flight] { return in_flight; }, [this](const ClipItem& item) { passed.push_back(item); },
        [this] { ++room; }, std::make_shared<InFlight>(), live_queue,
        [this](const WindowInfo&) { ++dropped; });
  }
  // As a graph does; clips left waiting and their gate would keep each other.
  ~Bench() { answer_all(); }

  void put(const Window& one) { put_together(1, one); }
  void put_together(int count, const Window& one = window()) {
    gate->put(0, std::vector<Window>(static_cast<std::size_t>(count), one));
  }
  // The graph answers the oldest item.
  void answer() {
    ClipItem item = std::move(passed.front());
    passed.erase(passed.begin());
    answered.push_back(item.key.number);
    if (item.mark != Mark::none) ++ends;
  }
  void answer_all() {
    while (!passed.empty()) answer();
  }
  StreamState state;
  std::vector<ClipItem> passed;
  std::vector<std::int64_t> answered;
  int ends = 0;  // of segments
  int room = 0;
  int dropped = 0;
  std::shared_ptr<ClipGate> gate;
};

TEST(ClipGate, LetsPassWhatTheGraphTakesAndKeepsTheRest) {
  Bench bench(false, 2);
  for (int i = 0; i < 4; ++i) bench.put(window());
  EXPECT_EQ(bench.passed.size(), 2U);
  EXPECT_EQ(bench.gate->waiting(), 2U);
  EXPECT_FALSE(bench.gate->has_room());
  bench.answer();
  EXPECT_EQ(bench.gate->waiting(), 1U);
  EXPECT_TRUE(bench.gate->has_room());
  EXPECT_GT(bench.room, 0);
}

TEST(ClipGate, DropsNothingOfAFile) {
  Bench bench(false);
  for (int i = 0; i < 20; ++i) bench.put(window());
  bench.answer_all();
  EXPECT_EQ(bench.answered.size(), 20U);
  EXPECT_EQ(bench.state.windows, 20);
  EXPECT_EQ(bench.state.dropped, 0);
}

TEST(ClipGate, DropsTheOldestOfALiveStreamAndLeavesAnItemBehind) {
  Bench bench(true);
  for (int i = 0; i < 6; ++i) bench.put(window());
  std::string outcomes;
  for (const ClipItem& item : bench.passed) outcomes += item.outcome.dropped() ? 'd' : 'v';
  EXPECT_EQ(outcomes, "vddd");
  EXPECT_EQ(bench.gate->waiting(), ClipGate::kLiveQueue);
  bench.answer_all();
  EXPECT_EQ(bench.answered, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(bench.state.windows, 3);
  EXPECT_EQ(bench.state.dropped, 3);
  EXPECT_EQ(bench.dropped, 3);
}

TEST(ClipGate, StillWindowsKeepTheirPlaceAndAreNeitherBoundedNorDropped) {
  Bench bench(true);
  for (int i = 0; i < 8; ++i) {
    Window one = window();
    one.still = i != 1 && i != 6;
    bench.put(one);
  }
  ASSERT_EQ(bench.passed.size(), 6U) << "the second that moves waits, and what comes after it";
  for (const ClipItem& item : bench.passed) {
    EXPECT_EQ(item.ticket->still(), item.key.number != 1);
    EXPECT_EQ(item.outcome.dropped(), item.key.number != 1);
  }
  bench.answer_all();
  EXPECT_EQ(bench.answered, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(bench.state.still, 6);
  EXPECT_EQ(bench.state.windows, 2);
  EXPECT_EQ(bench.state.dropped, 0);
}

// Samples that a camera settles at once, for a network that must miss none.
TEST(ClipGate, ABurstOfALiveStreamWaitsWhereItIsAllowedTo) {
  Bench bench(true, 1, 12);
  for (int i = 0; i < 13; ++i) bench.put(window());
  EXPECT_EQ(bench.gate->waiting(), 12U);
  EXPECT_EQ(bench.state.dropped, 0);
  bench.put(window());
  bench.answer_all();
  EXPECT_EQ(bench.state.windows, 13);
  EXPECT_EQ(bench.state.dropped, 1);
}

// A camera with a picture a second under a network whose windows follow each other ten times as closely.
TEST(ClipGate, DropsNothingOfWhatOnePictureBroughtWhileTheNetworkKeepsUp) {
  Bench bench(true);
  for (int picture = 0; picture < 20; ++picture) {
    bench.put_together(10);
    EXPECT_EQ(bench.gate->waiting(), 9U);
    bench.answer_all();
  }
  EXPECT_EQ(bench.state.windows, 200);
  EXPECT_EQ(bench.state.dropped, 0);
}

TEST(ClipGate, DropsNothingOfTwoPicturesThatComeCloseToEachOther) {
  Bench bench(true);
  for (int pair = 0; pair < 10; ++pair) {
    bench.put_together(10);
    bench.put_together(10);
    EXPECT_EQ(bench.gate->waiting(), 19U);
    bench.answer_all();
  }
  EXPECT_EQ(bench.state.windows, 200);
  EXPECT_EQ(bench.state.dropped, 0);
}

TEST(ClipGate, ANewPictureTakesThePlaceOfWhatTheOneBeforeTheLastBrought) {
  Bench bench(true);
  bench.put_together(10);  // one passes, nine wait
  for (int k = 0; k < 4; ++k) bench.answer();
  bench.put_together(3);  // beside the five that still wait
  EXPECT_EQ(bench.gate->waiting(), 8U);
  bench.put(window());
  EXPECT_EQ(bench.gate->waiting(), 4U);
  bench.put(window());
  EXPECT_EQ(bench.gate->waiting(), ClipGate::kLiveQueue);
  EXPECT_EQ(bench.state.dropped, 0) << "the items are still to be answered";
  bench.answer_all();
  EXPECT_EQ(bench.answered, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
  EXPECT_EQ(bench.state.windows + bench.state.dropped, 15);
  EXPECT_EQ(bench.state.dropped, 5 + 3);
}

TEST(ClipGate, CountsWindowsThatFailedBelow) {
  Bench bench(false, 3);
  for (int i = 0; i < 3; ++i) bench.put(window());
  bench.passed[0].ticket->mark_failed();
  bench.passed[1].ticket->mark_dropped();
  bench.answer_all();
  EXPECT_EQ(bench.state.failed, 1);
  EXPECT_EQ(bench.state.dropped, 1);
  EXPECT_EQ(bench.state.windows, 1);
}

TEST(ClipGate, OverloadedFourTimesItKeepsToItsLimitAndCountsEveryWindow) {
  constexpr int kWindows = 200;
  Bench bench(true);
  for (int i = 0; i < kWindows; ++i) {
    bench.put(window());
    EXPECT_LE(bench.gate->waiting(), ClipGate::kLiveQueue);
    if (i % 4 != 3) continue;
    while (bench.passed.front().outcome.dropped()) bench.answer();
    bench.answer();  // the network has done one clip
  }
  bench.answer_all();
  EXPECT_EQ(bench.answered.size(), kWindows);
  EXPECT_EQ(bench.state.windows + bench.state.dropped, kWindows);
  // Those done in time, and after the last of them one in flight and one of the two that waited.
  EXPECT_EQ(bench.state.windows, kWindows / 4 + 2);
}

TEST(ClipGate, ASegmentsEndWaitsForItsWindowsAndIsNotCounted) {
  Bench bench(false);
  for (int i = 0; i < 2; ++i) bench.put(window());
  bench.gate->end_segment(0, Mark::end);
  EXPECT_EQ(bench.passed.size(), 1U);
  bench.answer();
  ASSERT_EQ(bench.passed.size(), 2U) << "the last window, and the end, for which it makes room";
  EXPECT_EQ(bench.passed[0].mark, Mark::none);
  EXPECT_EQ(bench.passed[1].mark, Mark::end);
  EXPECT_EQ(bench.passed[1].key.number, 2);
  EXPECT_TRUE(bench.passed[1].outcome.dropped());
  bench.answer_all();
  EXPECT_EQ(bench.state.windows, 2);
  EXPECT_EQ(bench.state.dropped, 0);
}

TEST(ClipGate, ASegmentWithoutWindowsHasNoEnd) {
  Bench bench(false, 9);
  bench.gate->end_segment(0, Mark::lost);
  EXPECT_TRUE(bench.passed.empty());
  bench.put(window());
  bench.gate->end_segment(0, Mark::lost);
  bench.gate->end_segment(0, Mark::end);
  EXPECT_EQ(bench.passed.size(), 2U);
}

TEST(ClipGate, ABusyLiveStreamDropsClipsAndNoSegmentsEnd) {
  Bench bench(true);
  bench.put(window());
  bench.put(window());
  bench.gate->end_segment(0, Mark::lost);
  for (int i = 0; i < 4; ++i) bench.put(window());
  bench.answer_all();
  EXPECT_EQ(bench.answered.size(), 7U);
  EXPECT_EQ(bench.ends, 1);
  EXPECT_EQ(bench.state.dropped, 3);
  EXPECT_EQ(bench.state.windows, 3);
}

}  // namespace
}  // namespace actionflow
