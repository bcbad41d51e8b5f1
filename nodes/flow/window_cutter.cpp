#include "nodes/flow/window_cutter.h"

#include <algorithm>
#include <limits>

namespace actionflow {

WindowCutter::WindowCutter(int frames, int hop, double rate) : frames_(frames), hop_(hop), rate_(rate) {}

std::optional<Window> WindowCutter::push(Timed sample) {
  if (!samples_.empty() && samples_.back().segment != sample.segment) {
    samples_.clear();
    in_segment_ = 0;
    since_window_ = 0;
    window_in_segment_ = false;
  }
  samples_.push_back(std::move(sample));
  if (static_cast<int>(samples_.size()) > frames_) samples_.pop_front();
  ++in_segment_;
  ++since_window_;
  const bool due = in_segment_ >= frames_ && (in_segment_ - frames_) % hop_ == 0;
  return due ? std::optional(cut(0)) : std::nullopt;
}

std::optional<Window> WindowCutter::align_tail() {
  if (samples_.empty() || (window_in_segment_ && since_window_ == 0)) return std::nullopt;
  return cut(frames_ - static_cast<int>(samples_.size()));
}

double WindowCutter::horizon() const {
  return samples_.empty() ? -std::numeric_limits<double>::infinity() : samples_.front().time;
}

Window WindowCutter::cut(int missing) {
  ++windows_;
  since_window_ = 0;
  window_in_segment_ = true;
  Window window;
  window.segment = samples_.back().segment;
  window.info.start = samples_.front().time;
  window.info.end = samples_.back().time + 1 / rate_;
  window.info.padded = missing > 0;
  window.info.taken_ns = samples_.back().taken_ns;
  window.info.first_sample = samples_.front().index;
  window.info.zero_pts_us = samples_.front().zero_pts_us;
  std::vector<Clip> clips;
  for (const Timed& sample : samples_) {
    window.info.arrival_ns = std::max(window.info.arrival_ns, sample.arrival_ns);
    if (!sample.prepared.has_value()) {
      window.clips = sample.prepared.rethrow<Clips>();
      continue;
    }
    const std::vector<PreparedFramePtr>& forms = sample.prepared.value();
    clips.resize(forms.size());
    for (std::size_t form = 0; form < forms.size(); ++form) clips[form].frames.push_back(forms[form]);
  }
  const bool whole = std::all_of(samples_.begin(), samples_.end(),
                                 [](const Timed& sample) { return sample.prepared.has_value(); });
  if (!whole) return window;
  for (Clip& clip : clips) clip.frames.resize(static_cast<std::size_t>(frames_), clip.frames.back());
  window.clips = Clips(std::make_shared<const std::vector<Clip>>(std::move(clips)));
  return window;
}

}  // namespace actionflow
