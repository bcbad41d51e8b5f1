#include "datasets/recordings/frame_cache.h"
#include "models/network/action_scores.h"
#include "nodes/training/sample_targets.h"
#include "nodes/training/sequence_preparer.h"
#include "pipeline/evaluation/streams/stream_evaluation.h"
#include "pipeline/training/training_task.h"

namespace actionflow {
namespace {

class StreamTask : public TrainingTask {
 public:
  StreamTask(const Recipe& recipe, const Dataset& dataset, const Architecture& architecture,
             FrameCache& cache, training::Ranks& ranks)
      : recipe_(recipe),
        architecture_(architecture),
        ranks_(ranks),
        augmenter_(recipe.data.augment, recipe.data.sampling, architecture.input, dataset.classes),
        maker_(dataset.train, augmenter_, cache, *recipe.data.streams, recipe.data.balanced,
               recipe.worker_threads()),
        validation_(dataset.val, cache, architecture.input, {.seed = recipe.seed}, recipe.worker_threads()),
        truth_{recipe.data.streams->targets, none_weight(maker_.planner(), recipe.seed), recipe.loss} {}

  std::int64_t samples_an_epoch() const override { return maker_.planner().sequences(); }

  std::unique_ptr<TrainingFlow> flow(std::uint64_t seed, const FlowStretch& stretch) override {
    TrainingFlowOptions options = flow_options(recipe_, stretch, architecture_, ranks_);
    options.answers = static_cast<int>(answers());
    options.seed = seed;
    return std::make_unique<TrainingFlow>(std::make_unique<SequencePreparer>(maker_, seed, answers()),
                                          options);
  }

  StepResult step(TrainingNetwork& network, const TrainingBatch& batch, training::StepKey key,
                  float share) override {
    const BatchResult result = network.accumulate(batch.pixels(), batch.sample_targets, key, share);
    StepResult step{result.loss, 0, 0};
    const std::int64_t samples = result.logits.dim(2);
    for (std::size_t i = 0; i < batch.sample_targets.size(); ++i) {
      const SampleTarget& target = batch.sample_targets[i];
      if (target.label_weight <= 0 || target.label < 0) continue;
      const auto at = static_cast<std::int64_t>(i);
      ++step.labelled;
      step.right += named(result.logits, at / samples, at % samples) == target.label ? 1 : 0;
    }
    return step;
  }

  Validation validate(const Weights& weights, const std::atomic<bool>& stop) override {
    if (!ranks_.first()) return {};
    return validate_streams(architecture_, weights, validation_, truth_, recipe_.worker_threads(), stop);
  }

 private:
  std::int64_t answers() const { return architecture_.graph.extents(architecture_.graph.output).t; }

  // The class that is likeliest at a sample.
  static int named(const Tensor& values, std::int64_t sequence, std::int64_t sample) {
    const std::int64_t outputs = values.dim(1), samples = values.dim(2);
    const auto value = [&](std::int64_t k) { return values[(sequence * outputs + k) * samples + sample]; };
    std::int64_t best = 0;
    for (std::int64_t k = 1; k < outputs - kActionOutputs; ++k) best = value(k) > value(best) ? k : best;
    return static_cast<int>(best);
  }

  const Recipe& recipe_;
  const Architecture& architecture_;
  training::Ranks& ranks_;
  const Augmenter augmenter_;
  SequenceMaker maker_;
  EvaluationStreams validation_;
  const StreamTruth truth_;
};

}  // namespace

std::unique_ptr<TrainingTask> make_stream_task(const Recipe& recipe, const Dataset& dataset,
                                               const Architecture& architecture, FrameCache& cache,
                                               training::Ranks& ranks) {
  return std::make_unique<StreamTask>(recipe, dataset, architecture, cache, ranks);
}

}  // namespace actionflow
