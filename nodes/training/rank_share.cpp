#include "nodes/training/rank_share.h"

#include <algorithm>

#include "datasets/clips/mixup.h"
#include "models/training/ranks/batch_parts.h"

namespace actionflow {

BatchPlace batch_place(std::int64_t sample, std::int64_t epoch_samples, const TrainingFlowOptions& options) {
  const std::int64_t step = sample / options.batch, first = step * options.batch;
  return {step, sample - first, std::min(options.batch, epoch_samples - first)};
}

bool is_own(const BatchPlace& at, const TrainingFlowOptions& options) {
  return options.ranks == 1 ||
         training::BatchParts(at.samples, options.micro_batch, options.ranks).has(options.rank, at.place);
}

bool is_needed(const BatchPlace& at, std::uint32_t epoch, const TrainingFlowOptions& options) {
  if (is_own(at, options)) return true;
  if (options.mixup <= 0) return false;
  const MixupDraw draw =
      draw_mixup(options.mixup, static_cast<int>(at.samples), options.seed, epoch, at.step);
  for (std::int64_t own = 0; own < at.samples; ++own)
    if (draw.partner[static_cast<std::size_t>(own)] == at.place &&
        is_own({at.step, own, at.samples}, options))
      return true;
  return false;
}

}  // namespace actionflow
