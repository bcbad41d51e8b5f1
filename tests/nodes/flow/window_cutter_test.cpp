#include "nodes/flow/window_cutter.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

constexpr double kRate = 10;

// A sample whose only pixel is its own number in the stream.
WindowCutter::Timed sample(int number, std::int64_t segment = 0, std::int64_t index = -1) {
  auto frame = std::make_shared<PreparedFrame>(1, 1, 1);
  *frame->data() = static_cast<std::uint8_t>(number);
  std::vector<PreparedFramePtr> forms{std::move(frame)};
  return {segment, index < 0 ? number : index, number / kRate, 1000 + number, 0, std::move(forms)};
}

std::vector<int> content(const Window& window) {
  std::vector<int> numbers;
  for (const PreparedFramePtr& frame : window.clips.value()->at(0).frames) numbers.push_back(*frame->data());
  return numbers;
}

std::vector<Window> cut(WindowCutter& cutter, int samples) {
  std::vector<Window> windows;
  for (int i = 0; i < samples; ++i) {
    if (auto window = cutter.push(sample(i))) windows.push_back(std::move(*window));
  }
  return windows;
}

TEST(WindowCutter, CutsAWindowEachHop) {
  WindowCutter cutter(4, 2, kRate);
  const std::vector<Window> windows = cut(cutter, 9);
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(content(windows[0]), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(content(windows[1]), (std::vector<int>{2, 3, 4, 5}));
  EXPECT_EQ(content(windows[2]), (std::vector<int>{4, 5, 6, 7}));
}

TEST(WindowCutter, SaysFromTheFirstSampleToOneIntervalAfterTheLast) {
  WindowCutter cutter(4, 2, kRate);
  const Window window = cut(cutter, 6).at(1);
  EXPECT_DOUBLE_EQ(window.info.start, 0.2);
  EXPECT_DOUBLE_EQ(window.info.end, 0.6);
  EXPECT_EQ(window.info.arrival_ns, 1005);
  EXPECT_FALSE(window.info.padded);
}

TEST(WindowCutter, SaysWhereOnItsSegmentsGridAWindowBegins) {
  WindowCutter cutter(4, 3, kRate);
  std::vector<std::int64_t> first;
  for (const Window& window : cut(cutter, 9)) first.push_back(window.info.first_sample);
  first.push_back(cutter.align_tail()->info.first_sample);
  for (int i = 0; i < 7; ++i) {
    if (const auto window = cutter.push(sample(20 + i, 1, i))) first.push_back(window->info.first_sample);
  }
  EXPECT_EQ(first, (std::vector<std::int64_t>{0, 3, 5, 0, 3}));
}

TEST(WindowCutter, LeavesSamplesOutWhereTheHopIsLongerThanAWindow) {
  WindowCutter cutter(2, 5, kRate);
  const std::vector<Window> windows = cut(cutter, 12);
  ASSERT_EQ(windows.size(), 3U);
  EXPECT_EQ(content(windows[1]), (std::vector<int>{5, 6}));
  EXPECT_EQ(content(windows[2]), (std::vector<int>{10, 11}));
}

TEST(WindowCutter, AlignsOneMoreWindowToTheLastSample) {
  WindowCutter cutter(4, 3, kRate);
  EXPECT_EQ(cut(cutter, 9).size(), 2U);
  const auto tail = cutter.align_tail();
  ASSERT_TRUE(tail);
  EXPECT_EQ(content(*tail), (std::vector<int>{5, 6, 7, 8}));
  EXPECT_FALSE(tail->info.padded);
}

TEST(WindowCutter, AddsNothingWhereAWindowEndsAtTheLastSample) {
  WindowCutter cutter(4, 3, kRate);
  EXPECT_EQ(cut(cutter, 7).size(), 2U);
  EXPECT_FALSE(cutter.align_tail());
}

TEST(WindowCutter, RepeatsTheLastSampleOfAShorterFile) {
  WindowCutter cutter(4, 2, kRate);
  EXPECT_TRUE(cut(cutter, 2).empty());
  const auto tail = cutter.align_tail();
  ASSERT_TRUE(tail);
  EXPECT_EQ(content(*tail), (std::vector<int>{0, 1, 1, 1}));
  EXPECT_TRUE(tail->info.padded);
  EXPECT_DOUBLE_EQ(tail->info.end, 0.2);
}

TEST(WindowCutter, GivesNothingWithoutSamples) { EXPECT_FALSE(WindowCutter(4, 2, kRate).align_tail()); }

TEST(WindowCutter, BeginsAfreshInANewSegment) {
  WindowCutter cutter(3, 1, kRate);
  EXPECT_EQ(cut(cutter, 4).size(), 2U);
  EXPECT_FALSE(cutter.push(sample(10, 1)));
  EXPECT_FALSE(cutter.push(sample(11, 1)));
  const auto window = cutter.push(sample(12, 1));
  ASSERT_TRUE(window);
  EXPECT_EQ(content(*window), (std::vector<int>{10, 11, 12}));
  EXPECT_EQ(window->segment, 1);
}

TEST(WindowCutter, GivesAFailureWhereASampleIsOne) {
  WindowCutter cutter(2, 1, kRate);
  EXPECT_FALSE(cutter.push(sample(0)));
  WindowCutter::Timed broken{0, 1, 0.1, 0, 0, Failure{ExitCode::source, "no such pixel format"}};
  const auto with_broken = cutter.push(std::move(broken));
  ASSERT_TRUE(with_broken);
  EXPECT_TRUE(with_broken->clips.failed());
  EXPECT_TRUE(cutter.push(sample(2))->clips.failed());
  EXPECT_TRUE(cutter.push(sample(3))->clips.has_value());
}

}  // namespace
}  // namespace actionflow
