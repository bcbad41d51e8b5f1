// Streams to train on, drawn from a list: what a sequence shows and what happens in it.
//
// Of the entries, those with labels are cut clips of their classes, those without clips of no class, and
// timed ones uncut videos. A sequence is filled movement after movement: a clip as a whole, a piece of one,
// or an uncut video from its beginning to its end, with idle time between them. The epoch's order of clips of
// classes and of uncut videos (epoch_order.h) is one line as long as all of them together; sequences begin at
// places spread evenly along it, so a sequence begins anywhere in a movement or in the idle time before it,
// and then takes what follows in that order. One in four begins as a stream does, with the movement that
// stands there.
//
// All that is drawn is a function of the arguments; const members are safe from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "datasets/clips/augment.h"
#include "datasets/lists/dataset.h"
#include "datasets/streams/stream_options.h"
#include "datasets/streams/stream_plan.h"

namespace actionflow {

struct PlannedSequence {
  StreamPlan plan;
  std::vector<int> substituted;  // entries that another one stands for
};

class SequencePlanner {
 public:
  static constexpr int kAttempts = 20;
  using Readable = std::function<bool(int entry)>;

  // `seconds`: of each entry, 0 where it cannot be read. Entries and augmenter must outlive it. Throws
  // SourceError where no video of a class can be read.
  SequencePlanner(const std::vector<VideoEntry>& entries, std::vector<double> seconds,
                  const Augmenter& augmenter, const StreamOptions& options, bool balanced = false);

  // An epoch's.
  std::int64_t sequences() const { return sequences_; }
  // Of a sequence.
  double span() const;
  const StreamOptions& options() const { return options_; }
  const InputSpec& input() const { return augmenter_.input(); }

  // Entries that are not `readable` are replaced by others; throws SourceError where kAttempts are not.
  PlannedSequence plan(std::uint64_t seed, std::uint32_t epoch, std::int64_t sample,
                       const Readable& readable) const;
  // As the lists say, before any video is looked at.
  StreamPlan plan(std::uint64_t seed, std::uint32_t epoch, std::int64_t sample) const;

 private:
  class Drawing;
  struct Line;
  std::shared_ptr<const Line> line(std::uint64_t seed, std::uint32_t epoch) const;

  const std::vector<VideoEntry>& entries_;
  const std::vector<double> seconds_;
  const Augmenter& augmenter_;
  const StreamOptions options_;
  const bool balanced_;
  std::vector<int> classes_, others_;  // entries
  std::int64_t sequences_ = 0;
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<const Line>> lines_;  // of the last epochs asked for
};

}  // namespace actionflow
