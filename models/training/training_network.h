// A network being trained: its parameters and their gradients, and one batch's forward and backward pass.
//
//   TrainingNetwork network(architecture, initial_weights(architecture, seed), {.batch = 16, .threads = 2});
//   network.clear_gradients();
//   network.accumulate(frames, targets, {seed, step});
//   optimizer->step(network.trained(), rate);
//
// The closing softmax or sigmoid is left out of the graph and stands in the loss
// (models/training/loss/loss.h); a network whose end and loss do not match is a ModelError that names both.
// One thread uses it at a time; inside, `threads` OpenMP threads. Same weights, batch, key and threads: same
// bits. Where batches are computed in parts, same bits for any number of threads, and of ranks that share
// them (models/training/ranks).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/description/architecture.h"
#include "models/kernels/train_kernel.h"
#include "models/plan/measure.h"
#include "models/plan/precision.h"
#include "models/training/loss/loss.h"
#include "models/training/loss/mixing.h"
#include "models/training/loss/sample_target.h"
#include "models/training/optimizer/optimizer.h"
#include "models/training/ranks/batch_parts.h"
#include "models/training/ranks/gradient_exchange.h"
#include "models/training/ranks/ranks.h"
#include "models/weights/weights.h"

namespace actionflow {

struct TrainingOptions {
  Precision precision = Precision::f32;  // f32, bf16 (f32 masters) or automatic
  int threads = 1;
  std::int64_t batch = 1;
  // Clips of a batch that are computed as one, on one thread; 0: the whole batch, on all threads.
  std::int64_t micro_batch = 0;
  GradientExchangeOptions exchange = {};  // of gradients, among ranks
  // Who shares the batches, in parts; null: this process alone. Outlives the network.
  training::Ranks* ranks = nullptr;
  LossOptions loss = {};
  // Patterns of parameter names: "stem.*", "*.gamma". A batch norm whose moving statistics are among them
  // uses these and leaves them. One that fits no parameter is a ModelError.
  std::vector<std::string> frozen = {};
  // Shares of the learning rate by such patterns; of several that match, the longest.
  std::map<std::string, double> rates = {};
  bool freeze_batch_norm = false;  // all of them use their moving statistics and leave these
  // What the caller takes beside, later: the step is refused where memory for both is not free. Bytes, and
  // clips that run at a time while the step's memory stands (validation), each counted as the step's are.
  std::size_t bytes_beside = 0;
  std::int64_t clips_beside = 0;
};

struct BatchResult {
  double loss = 0;  // of the batch, as loss.h says
  Tensor logits;    // N×K; of a network for streams N×K×T
};

// A layer's result for one clip, and how much each of its values counts for what the network says.
struct LayerGradient {
  std::string layer;
  Tensor value, gradient;  // 1×C×T×H×W
};

class TrainingNetwork {
 public:
  TrainingNetwork(Architecture architecture, Weights weights, TrainingOptions options);
  ~TrainingNetwork();

  const Architecture& architecture() const;
  std::int64_t batch() const;
  // How a batch of so many clips is divided.
  training::BatchParts parts(std::int64_t clips) const;

  // N×T frames of H×W×C bytes, in order; ranged and normalised here as for Network::classify. `clips`
  // below batch(): the last batch of an epoch (it runs as a plan of its own, made when first needed).
  // Gradients are added, times `share` (1/steps of accumulation). targets N×K. Of several ranks, each is
  // given the whole batch, with null for frames and anything for targets of clips that are not its own
  // (parts()); the loss, the logits and the gradients are those of the whole batch, the same for all.
  BatchResult accumulate(std::span<const std::uint8_t* const> frames, const Tensor& targets,
                         training::StepKey key, const std::optional<Mixing>& mixing = {}, float share = 1);
  // The same for sequences of a network for streams: a target a sample, N·T (stream_loss.h).
  BatchResult accumulate(std::span<const std::uint8_t* const> frames, std::span<const SampleTarget> targets,
                         training::StepKey key, float share = 1);
  // The same for a clip tensor N×C×T×H×W, already normalised.
  BatchResult accumulate(const Tensor& input, const Tensor& targets, training::StepKey key, float share = 1);

  // A forward pass as in training, of frames as above, for what it leaves in the moving statistics.
  void observe(std::span<const std::uint8_t* const> frames, training::StepKey key,
               const std::optional<Mixing>& mixing = {});
  // A forward pass of one clip, then back from `by_output` (as BatchResult::logits) to the last layer whose
  // result has places, the gradient by its values. Adds to the gradients of parameters. Throws UsageError for
  // a network without such a layer.
  LayerGradient last_map(std::span<const std::uint8_t* const> frames, const Tensor& by_output);
  // The batch norms whose statistics are not frozen: nodes of architecture().graph.
  std::vector<const GraphNode*> moving_norms() const;

  void clear_gradients();
  // Trainable and not frozen.
  std::span<const TrainedParameter> trained() const;
  // All parameters, moving statistics included; a change takes effect at the next step.
  Weights& weights();
  const Weights& weights() const;

  // What is not finite after the last batch, nearest to its cause: a parameter that is no moving statistic;
  // else, with the batch run forward again, the first layer whose value is not; else, in the order of the
  // backward pass, "the gradient of NAME". Empty where all are. Moving statistics stay as they are.
  std::string first_not_finite();

  // What a step runs, each forward and backward timed alone, warm, median (PlanStep::name ends in
  // "forward", "backward"). Clears the gradients.
  std::vector<PlanStep> measure_steps(int repetitions = 20);
  std::size_t memory_bytes() const;  // values, gradients, scratch; without weights

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
