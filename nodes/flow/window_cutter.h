// Windows over the samples of a stream: which samples form one, and when. Pure and single-threaded.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/config.h"
#include "base/outcome.h"
#include "datasets/pictures/prepare.h"
#include "nodes/flow/item.h"

namespace actionflow {

// A sample in every input form that the networks below want, or why it could not be prepared.
using PreparedSample = Outcome<std::vector<PreparedFramePtr>>;

// What becomes of a file's last samples: one more window that ends at the last one, or nothing.
enum class Tail { align, drop };

struct Window {
  std::int64_t segment = 0;
  WindowInfo info;
  Outcome<Clips> clips;  // a failure where one of its samples is one
  bool still = false;    // nothing moves in it: it is to be passed over
};

class WindowCutter {
 public:
  // `frames` samples a window, the next one starts `hop` samples later; `rate` in samples a second.
  WindowCutter(int frames, int hop, double rate);

  struct Timed {
    std::int64_t segment = 0;
    std::int64_t index = 0;  // on the segment's grid
    double time = 0;
    std::int64_t arrival_ns = 0;
    std::int64_t taken_ns = 0;
    PreparedSample prepared;
    std::int64_t zero_pts_us = 0;  // of the segment's time stamps at second 0
  };

  // Adds a sample; gives the window that it completes, if any. A new segment begins afresh.
  std::optional<Window> push(Timed sample);
  // The file ended: the window that ends at the last sample, if none did. With fewer samples than a
  // window in the segment, the last one is repeated.
  std::optional<Window> align_tail();

  // No further window begins before this time; −∞ while there was no sample.
  double horizon() const;

  // Windows given so far.
  std::int64_t windows() const { return windows_; }

 private:
  Window cut(int missing);

  int frames_;
  int hop_;
  double rate_;
  std::int64_t windows_ = 0;
  std::int64_t in_segment_ = 0;    // samples seen in the segment
  std::int64_t since_window_ = 0;  // samples after the last window's end in the segment
  bool window_in_segment_ = false;
  std::deque<Timed> samples_;  // the last `frames` of the segment
};

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::Tail> {
  static constexpr std::array<std::pair<actionflow::Tail, std::string_view>, 2> names{
      {{actionflow::Tail::align, "align"}, {actionflow::Tail::drop, "drop"}}};
};
