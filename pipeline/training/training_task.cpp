#include "pipeline/training/training_task.h"

#include <algorithm>

namespace actionflow {

TrainingFlowOptions flow_options(const Recipe& recipe, const FlowStretch& stretch,
                                 const Architecture& architecture, const training::Ranks& ranks) {
  TrainingFlowOptions options;
  options.batch = recipe.batch;
  options.workers = recipe.worker_threads();
  options.most_unreadable = recipe.data.lists.most_unreadable;
  options.first_epoch = stretch.first_epoch;
  options.first_step = stretch.first_step;
  options.end_epoch = stretch.end_epoch;
  options.ranks = ranks.count();
  options.rank = ranks.rank();
  options.micro_batch = std::max<std::int64_t>(1, recipe.micro_batch);
  options.frames = static_cast<int>(architecture.graph.input.t);
  return options;
}

std::unique_ptr<TrainingTask> make_task(const Recipe& recipe, const Dataset& dataset,
                                        const Architecture& architecture, FrameCache& cache,
                                        training::Ranks& ranks) {
  const bool streams = recipe.data.streams.has_value();
  const bool tells_actions = architecture.gives_action_scores();
  if (streams && !tells_actions)
    throw UsageError("data.streams is for a network that says whether an action is under way, and '" +
                     architecture.name + "' does not, expected action_scores as its last layer");
  if (!streams && tells_actions)
    throw UsageError("'" + architecture.name +
                     "' says whether an action is under way, expected data.streams in the recipe");
  return streams ? make_stream_task(recipe, dataset, architecture, cache, ranks)
                 : make_clip_task(recipe, dataset, architecture, cache, ranks);
}

}  // namespace actionflow
