#include "datasets/streams/evaluation_streams.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "base/hash.h"
#include "base/random.h"
#include "datasets/streams/sequence_maker.h"
#include "datasets/streams/stream_painter.h"

namespace actionflow {

EvaluationStreams::EvaluationStreams(const std::vector<VideoEntry>& entries, FrameCache& cache,
                                     const InputSpec& input, const JoinOptions& options, int threads)
    : frames_(entries, cache, FrameForm::of(input)),
      input_(input),
      options_(options),
      threads_(threads),
      seconds_(entries.size()) {
  std::vector<int> clips;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].timed)
      streams_.push_back({static_cast<int>(i)});
    else
      clips.push_back(static_cast<int>(i));
  }
  Random random(options.seed, "joined streams");
  random.shuffle(std::span(clips));
  const auto dealt = std::min(clips.size(), static_cast<std::size_t>(std::max(1, options.streams)));
  const std::size_t first = streams_.size();
  streams_.resize(first + dealt);
  for (std::size_t i = 0; i < clips.size(); ++i) streams_[first + i % dealt].push_back(clips[i]);
}

StreamPlan EvaluationStreams::plan(const std::vector<int>& entries) const {
  StreamPlan plan;
  for (const int number : entries) {
    const auto at = static_cast<std::size_t>(number);
    const double seconds = seconds_[at].value_or(0);
    if (seconds <= 0 || frames_.unreadable(number)) continue;
    const VideoEntry& entry = frames_.entries()[at];
    StreamPiece piece;
    piece.take = plan.takes.size();
    piece.start = piece.zero = plan.seconds;
    plan.takes.push_back({number, {}});
    plan.pieces.push_back(piece);
    for (TimedAction action : actions_of(entry, seconds)) {
      action.start += plan.seconds;
      action.end += plan.seconds;
      plan.actions.push_back(action);
    }
    plan.seconds += seconds;
    // A video's last picture stays for as long as it is asked for.
    if (!entry.timed) plan.seconds += options_.idle;
  }
  return plan;
}

std::string EvaluationStreams::name(std::size_t index) const {
  const VideoEntry& first = frames_.entries()[static_cast<std::size_t>(streams_[index].front())];
  return first.timed ? first.name : "joined " + std::to_string(index + 1);
}

std::string EvaluationStreams::content(std::size_t index) const {
  std::uint64_t hash = fnv1a(fmt::format("idle {}", options_.idle));
  for (const int number : streams_[index]) {
    const VideoEntry& entry = frames_.entries()[static_cast<std::size_t>(number)];
    hash = fnv1a(fmt::format("\n{} {}", entry.identity(), fmt::join(entry.labels, " ")), hash);
    for (const TimedAction& action : entry.actions)
      hash = fnv1a(fmt::format("\n{} {} {}", action.label, action.start, action.end), hash);
  }
  return fmt::format("{} {:016x}", name(index), hash);
}

void EvaluationStreams::open(const std::vector<std::size_t>& streams) {
  std::vector<int> entries;
  {
    const std::lock_guard lock(mutex_);
    for (const std::size_t index : streams)
      for (const int entry : streams_[index])
        if (!seconds_[static_cast<std::size_t>(entry)]) entries.push_back(entry);
  }
  if (entries.empty()) return;
  const std::vector<double> seconds = known_seconds(frames_, entries, threads_);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < entries.size(); ++i)
    seconds_[static_cast<std::size_t>(entries[i])] = seconds[i];
}

void EvaluationStreams::open_all() {
  std::vector<std::size_t> all(count());
  std::iota(all.begin(), all.end(), std::size_t{0});
  open(all);
}

StreamSequence EvaluationStreams::stream(std::size_t index) {
  open({index});
  const EntryVideo video = [this](int entry) { return frames_.get(entry); };
  for (;;) {
    StreamPlan planned = plan(streams_[index]);
    if (planned.pieces.empty()) throw SourceError(name(index) + ": none of its videos can be read");
    StreamSequence stream{name(index), {}, planned.actions, input_.interval()};
    // The grid's moments before the end, which is known to the microsecond.
    const auto samples = static_cast<std::int64_t>(std::ceil(planned.seconds * input_.frame_rate - 1e-4));
    const ClipTimes moments = stream_moments(planned, input_.frame_rate, std::max<std::int64_t>(1, samples));
    try {
      stream.samples = painted_stream(std::move(planned), video, input_, moments);
      return stream;
    } catch (const UnreadableTake& error) {
      frames_.note_unreadable(error.entry, error.what());
    }
  }
}

std::vector<UnreadableVideo> EvaluationStreams::unreadable() const {
  std::vector<UnreadableVideo> all;
  for (std::size_t i = 0; i < frames_.entries().size(); ++i)
    if (const auto why = frames_.unreadable(static_cast<int>(i))) all.push_back({static_cast<int>(i), *why});
  return all;
}

bool EvaluationStreams::whole(std::size_t index) const {
  return std::ranges::none_of(streams_[index],
                              [this](int entry) { return frames_.unreadable(entry).has_value(); });
}

}  // namespace actionflow
