#include "nodes/training/sequence_preparer.h"

#include "nodes/training/sample_targets.h"

namespace actionflow {

SequencePreparer::SequencePreparer(SequenceMaker& maker, std::uint64_t seed, std::int64_t answers)
    : maker_(maker),
      seed_(seed),
      answers_(answers),
      none_weight_(actionflow::none_weight(maker.planner(), seed)) {}

std::vector<int> SequencePreparer::epoch_entries(std::uint32_t) const {
  return std::vector<int>(static_cast<std::size_t>(epoch_samples()));
}

std::shared_ptr<const PreparedSample> SequencePreparer::prepare(const PlannedSample& plan) {
  TrainingSequence made = maker_.training_sequence(seed_, plan.epoch, plan.sample);
  auto prepared = std::make_shared<PreparedSample>();
  prepared->plan = plan;
  const auto samples = static_cast<std::int64_t>(made.sequence.samples.size());
  prepared->targets = sample_targets(made.sequence.actions, samples, made.sequence.interval,
                                     maker_.planner().options().targets, none_weight_);
  prepared->targets.erase(prepared->targets.begin(), prepared->targets.end() - answers_);
  prepared->frames = std::move(made.sequence.samples);
  prepared->unreadable = std::move(made.unreadable);
  return prepared;
}

}  // namespace actionflow
