#include <algorithm>

#include "datasets/recordings/frame_cache.h"
#include "nodes/training/clip_preparer.h"
#include "pipeline/training/training_task.h"

namespace actionflow {
namespace {

// Whether the network would name one of the clip's labels.
bool is_right(std::span<const float> logits, const std::vector<int>& labels) {
  const int predicted = logits.size() == 1
                            ? (logits[0] > 0 ? 1 : 0)
                            : static_cast<int>(std::ranges::max_element(logits) - logits.begin());
  return std::ranges::find(labels, predicted) != labels.end();
}

class ClipTask : public TrainingTask {
 public:
  ClipTask(const Recipe& recipe, const Dataset& dataset, const Architecture& architecture, FrameCache& cache,
           training::Ranks& ranks)
      : recipe_(recipe),
        dataset_(dataset),
        architecture_(architecture),
        cache_(cache),
        ranks_(ranks),
        many_labels_(fit_loss(recipe.loss, architecture).options.kind == LossKind::sigmoid),
        augmenter_(recipe.data.augment, recipe.data.sampling, architecture.input, dataset.classes) {}

  std::int64_t samples_an_epoch() const override { return static_cast<std::int64_t>(dataset_.train.size()); }

  std::unique_ptr<TrainingFlow> flow(std::uint64_t seed, const FlowStretch& stretch) override {
    TrainingFlowOptions options = flow_options(recipe_, stretch, architecture_, ranks_);
    options.seed = seed;
    options.mixup = recipe_.data.augment.mixup;
    options.outputs = static_cast<int>(architecture_.graph.extents(architecture_.graph.output).c);
    options.many_labels = many_labels_;
    return std::make_unique<TrainingFlow>(
        std::make_unique<ClipPreparer>(dataset_.train, augmenter_, cache_, seed, recipe_.data.balanced),
        options);
  }

  StepResult step(TrainingNetwork& network, const TrainingBatch& batch, training::StepKey key,
                  float share) override {
    const BatchResult result = network.accumulate(batch.pixels(), batch.targets, key, batch.mixing, share);
    StepResult step{result.loss, 0, 0};
    const auto outputs = static_cast<std::size_t>(result.logits.dim(1));
    const training::BatchParts parts = network.parts(batch.clips);
    for (std::size_t i = 0; i < static_cast<std::size_t>(batch.clips); ++i) {
      if (!parts.has(ranks_.rank(), static_cast<std::int64_t>(i))) continue;
      const std::vector<int>& labels = batch.labels[i];
      step.labelled += labels.empty() ? 0 : 1;
      step.right += is_right(result.logits.values().subspan(i * outputs, outputs), labels) ? 1 : 0;
    }
    return step;
  }

  Validation validate(const Weights& weights, const std::atomic<bool>& stop) override {
    return actionflow::validate(architecture_, weights, dataset_.val, cache_, recipe_.data.sampling,
                                recipe_.worker_threads(), stop, ranks_);
  }

 private:
  const Recipe& recipe_;
  const Dataset& dataset_;
  const Architecture& architecture_;
  FrameCache& cache_;
  training::Ranks& ranks_;
  const bool many_labels_;
  const Augmenter augmenter_;
};

}  // namespace

std::unique_ptr<TrainingTask> make_clip_task(const Recipe& recipe, const Dataset& dataset,
                                             const Architecture& architecture, FrameCache& cache,
                                             training::Ranks& ranks) {
  return std::make_unique<ClipTask>(recipe, dataset, architecture, cache, ranks);
}

}  // namespace actionflow
