// Whole streams to evaluate on, in the input form, unaltered: every uncut video is one, and cut clips are
// joined to some, one after another with hard cuts, each at its own pace.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "datasets/lists/entry_frames.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/streams/stream_plan.h"
#include "datasets/streams/stream_sequence.h"

namespace actionflow {

struct JoinOptions {
  int streams = 4;  // that cut clips are dealt to, in an order drawn from the seed
  std::uint64_t seed = 7;
  double idle = 0;  // seconds that each clip's last picture stands still
};

class EvaluationStreams {
 public:
  // Entries, cache and input must outlive it.
  EvaluationStreams(const std::vector<VideoEntry>& entries, FrameCache& cache, const InputSpec& input,
                    const JoinOptions& options, int threads);

  std::size_t count() const { return streams_.size(); }
  // An uncut video's, or "joined 1".
  std::string name(std::size_t index) const;
  // Another one where the stream is made of other videos, or other things are said to happen in them.
  std::string content(std::size_t index) const;
  // Opens the videos of these streams, `threads` at a time, to know how long they are; stream() opens those
  // that are not open yet. From any thread.
  void open(const std::vector<std::size_t>& streams);
  void open_all();
  // Clips that cannot be read are left out, of the truth too. Throws SourceError where nothing of the stream
  // can be read. From any thread. Memory: the whole stream's samples.
  StreamSequence stream(std::size_t index);
  // Found so far.
  std::vector<UnreadableVideo> unreadable() const;
  // Whether no video of the stream was found to be unreadable so far.
  bool whole(std::size_t index) const;

 private:
  StreamPlan plan(const std::vector<int>& entries) const;

  EntryFrames frames_;
  const InputSpec& input_;
  const JoinOptions options_;
  const int threads_;
  std::vector<std::vector<int>> streams_;  // entries, in their order
  std::mutex mutex_;
  std::vector<std::optional<double>> seconds_;  // of each entry that was opened
};

}  // namespace actionflow
