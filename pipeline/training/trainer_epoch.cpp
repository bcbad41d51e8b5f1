#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "pipeline/training/trainer_state.h"

namespace actionflow {

// One epoch's batches, from state.step on. False when it was stopped.
bool Trainer::State::train_epoch() {
  progress.emplace(fmt::format("epoch {}/{}", state.epoch + 1, end_of_run()),
                   member->task->samples_an_epoch(),
                   ranks.first() ? Progress::stderr_screen() : Progress::Screen{});
  progress->set_part("epoch");
  progress->advance(state.sums.clips);
  while (state.step < member->batches_an_epoch()) {
    const Stopwatch watch;
    const double waited = flow->waited_seconds();
    const TrainingBatchPtr batch = next_batch();
    if (!batch) return false;
    state.sums.waited += flow->waited_seconds() - waited;
    step(*batch);
    state.sums.seconds += watch.seconds();
    progress->set_note(note());
    progress->advance(batch->clips);
    const bool between_updates = state.step % recipe.accumulate == 0 || batch->last;
    if (!between_updates) continue;
    note_whole_step();
    for (const auto& observer : options.observers) observer->step(newest_step);
    if (told_to_stop()) return false;
    if (!batch->last && checkpoint_is_due()) checkpoint();
  }
  return true;
}

// Where a rank has none, for want of its videos, all end after the same whole step.
TrainingBatchPtr Trainer::State::next_batch() {
  TrainingBatchPtr batch;
  std::exception_ptr failure;
  try {
    batch = flow->next();
  } catch (...) {
    failure = std::current_exception();
  }
  const std::vector<bool> failed = ranks.gather_flags(failure != nullptr);
  if (std::ranges::find(failed, true) == failed.end()) return batch;
  save_whole_step();
  whole.reset();
  ranks.gather(0);  // it stands there
  if (failure) std::rethrow_exception(failure);
  throw OtherRankFailed();
}

void Trainer::State::step(const TrainingBatch& batch) {
  const auto key = static_cast<std::uint64_t>(state.epoch * member->batches_an_epoch() + state.step);
  const double share =
      static_cast<double>(batch.clips) / static_cast<double>(member->clips_of_update(state.step));
  if (state.step % recipe.accumulate == 0) {
    member->network.clear_gradients();
    update_loss = 0;
  }
  const StepResult result =
      member->task->step(member->network, batch, {recipe.seed, key}, static_cast<float>(share));
  if (!std::isfinite(result.loss)) stop_at_bad_loss("the loss is not finite");
  struct Counts {
    std::int64_t labelled, right, substituted;
  };
  for (const Counts& counts : ranks.gather(Counts{result.labelled, result.right, batch.substituted})) {
    state.sums.labelled += counts.labelled;
    state.sums.right += counts.right;
    state.sums.substituted += counts.substituted;
  }
  state.sums.loss += result.loss * batch.clips;
  state.sums.clips += batch.clips;
  update_loss += share * result.loss;
  if ((state.step + 1) % recipe.accumulate == 0 || batch.last) update();
  ++state.step;
}

void Trainer::State::update() {
  state.learning_rate = member->schedule.rate(state.updates - state.first_update);
  whole.reset();
  const double norm = member->optimizer->step(member->network.trained(), state.learning_rate);
  if (!std::isfinite(norm)) stop_at_bad_loss("the gradient is not finite");
  if (member->average) member->average->update(member->network.weights());
  ++state.updates;
  newest_step = {state.updates, update_loss, state.learning_rate, norm};
}

void Trainer::State::stop_at_bad_loss(const std::string& what) {
  const std::string where = member->network.first_not_finite();
  const std::string first = where.empty() ? std::string() : ", first in " + where;
  whole.reset();  // what came to this is no place to go on from
  throw Error(ExitCode::failure,
              fmt::format("{} at step {} of epoch {}{}; {} holds the last checkpoint (a smaller "
                          "optimizer.learning_rate or optimizer.clip_norm may help)",
                          what, state.step + 1, state.epoch + 1, first, folder.last().string()));
}

bool Trainer::State::checkpoint_is_due() const {
  const CheckpointTimes& times = recipe.checkpoint;
  return (times.minutes > 0 && since_checkpoint.seconds() >= times.minutes * 60) ||
         (times.steps > 0 && state.updates - updates_at_checkpoint >= times.steps);
}

std::string Trainer::State::note() const {
  const double per_clip =
      state.sums.clips > 0 ? state.sums.seconds / static_cast<double>(state.sums.clips) : 0;
  const double clips_left =
      static_cast<double>(member->task->samples_an_epoch()) * (end_of_run() - state.epoch) -
      static_cast<double>(state.sums.clips);
  return fmt::format("run {} left, loss {:.4f}, top-1 {:.1f} %", duration_text(per_clip * clips_left),
                     state.sums.mean_loss(), 100 * state.sums.top1());
}

}  // namespace actionflow
