// The annotated video of one stream: its pictures, each with the newest window that covers it, or with the
// action that is under way, from when it was told until it is over.
//
// So a picture waits until every window that covers it is answered. WindowProgress says which windows there
// are, and before when no further one can begin; where there are none, as in a segment shorter than a window,
// nothing waits for any. What waits is at most about a window's length and the windows under way, whatever
// the stream's length, and never more than kMostSeconds beyond a window, nor than the bytes that are allowed:
// then the oldest is drawn without waiting and counted. Belongs to one thread. Throws Error where the video
// cannot be written; then a file that no player could open is removed, and further pictures are passed over.
// The video of a live stream can be played while it grows.
#pragma once

#include <deque>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "datasets/pictures/prepare.h"
#include "datasets/video/writing/video_writer.h"
#include "nodes/flow/item.h"
#include "nodes/flow/window_progress.h"
#include "nodes/sinks/draw_result.h"
#include "nodes/sinks/published_video.h"

namespace actionflow {

class StreamOverlay {
 public:
  static constexpr double kMostSeconds = 10;

  // `published`: the video is sent there, and no file is written. May be null.
  StreamOverlay(std::filesystem::path path, std::shared_ptr<const WindowProgress> progress,
                double window_seconds, const OverlayLook& look = {},
                std::unique_ptr<PublishedVideo> published = nullptr);

  static constexpr std::int64_t kAsManyAsItTakes = std::numeric_limits<std::int64_t>::max();
  // `most_bytes`: of all pictures that wait, of a live stream.
  void take(const Frames& frames, std::int64_t most_bytes = kAsManyAsItTakes);
  // An answer, in the order of the windows. Failed and dropped ones count too: they let pictures go. Where
  // some never come, what is drawn then ends, as its end may have been among them.
  void take(const ScoresItem& item);
  void take(const EventsItem& item);
  // Nothing more comes.
  void finish();
  // Removes a file that no player could open. From any thread, once nobody waits for what is written there.
  static void remove_broken(const std::filesystem::path& path);

  // Pictures that wait.
  std::size_t held() const { return waiting_.size(); }
  // Pictures that did not wait for all their windows.
  std::int64_t early() const { return early_; }

 private:
  struct Timed {
    double time = 0;  // seconds since the stream's first frame
    Frame frame;
    std::int64_t bytes = 0;
  };

  void answered(const ItemKey& key, const WindowInfo& window);
  double time_of(const Frame& frame);
  double covered_until() const;
  void write_covered();
  void write_first();
  void draw_newest(double time, const PreparedFrame& picture);
  void prepare_for(const Frame& frame);
  void open();
  template <class Work>
  void guard(Work&& work);

  const std::filesystem::path path_;
  const std::shared_ptr<const WindowProgress> progress_;
  const double most_seconds_;
  const OverlayLook look_;
  std::deque<Timed> waiting_;
  std::int64_t waiting_bytes_ = 0;
  std::deque<DrawnResult> results_;
  std::int64_t answered_ = 0;  // windows
  std::int64_t early_ = 0;
  double last_start_;  // of the last answered window
  std::optional<std::int64_t> last_pts_us_;
  double time_ = 0;
  bool failed_ = false, live_ = false;
  std::optional<Preparer> preparer_;
  VideoWriterOptions form_;
  std::unique_ptr<VideoWriter> writer_;
  const std::unique_ptr<PublishedVideo> published_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace actionflow
