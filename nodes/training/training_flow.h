// The flow graph that feeds training: videos in an epoch's order become batches while the step runs.
//
//   index ─► limiter ─► prepare ─► order ─► batch ─► step ─┐
//     ▲         ▲       (decode,                           │
//     └─────────┴────────augment)◄──── room for more ◄─────┘
//
// index draws the order, limiter bounds what is in flight, prepare decodes through the frame cache and
// augments, several samples at the same time (sample_preparer.h); order and batch are serial. The step stands
// in the graph as an async_node: it hands a batch to whoever calls next(), who answers by asking for the next
// one. So the step runs on its caller's thread: an OpenMP team belongs to the thread that starts it, and a
// step of seconds inside a TBB worker would take one of few workers away from preparing. The workers are nice
// to the step: where both want a processor, the step has it.
//
// Of several ranks each prepares the samples of its own parts of a batch, and those that are mixed into them.
//
// What comes out is a function of the preparer, the options and the videos' content, never of timing or the
// number of workers. A video that cannot be read is replaced by another one, drawn for that sample, and
// noted in the batch; when more than `most_unreadable` of all are found to be so, next() throws SourceError.
// Memory: batches_ahead + 1 batches of clips (no more of an epoch than it has), and what workers decode at
// the moment.
//
//   TrainingFlow clips(std::make_unique<ClipPreparer>(entries, augmenter, cache, seed), options);
//
//   SequenceMaker maker(entries, augmenter, cache, stream_options, balanced, threads);
//   TrainingFlow sequences(std::make_unique<SequencePreparer>(maker, seed), options);
//
// next() belongs to one thread; stop() may be called from any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nodes/training/sample_preparer.h"
#include "nodes/training/training_item.h"

namespace actionflow {

struct TrainingFlowOptions {
  std::int64_t batch = 1;
  std::uint64_t seed = 1;    // of mixup
  double mixup = 0;          // α of its Beta distribution; 0: none
  int outputs = 0;           // of the network: K of the targets
  bool many_labels = false;  // targets of sigmoids: every label 1; else they share it
  // Of several ranks, whose parts of a batch are of so many samples: of a sample, frames and, of a sequence,
  // targets.
  int ranks = 1, rank = 0;
  std::int64_t micro_batch = 1;
  int frames = 0, answers = 0;
  int workers = 1;
  int batches_ahead = 2;
  double most_unreadable = 0.05;
  // Where to begin, and the epoch at which to end.
  std::uint32_t first_epoch = 0;
  std::int64_t first_step = 0;
  std::uint32_t end_epoch = 1;
};

class TrainingFlow {
 public:
  TrainingFlow(std::unique_ptr<SamplePreparer> preparer, const TrainingFlowOptions& options);
  // Stops.
  ~TrainingFlow();

  // Ends the step before it and waits for the next batch. Null after the last, and after stop(). Throws
  // Error for what could not be prepared.
  TrainingBatchPtr next();
  void stop() noexcept;

  // Seconds that next() stood still so far.
  double waited_seconds() const;
  // Most samples in the graph at once so far, those of the step in flight among them.
  std::int64_t most_in_flight() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Rows of probabilities: of several labels each has its share, or, with `many_labels`, each is 1. One output
// stands for two classes and has the second's probability.
Tensor make_targets(const std::vector<std::vector<int>>& labels, int outputs, bool many_labels);

}  // namespace actionflow
