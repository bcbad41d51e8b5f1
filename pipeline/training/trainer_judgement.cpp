#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log/log.h"
#include "models/formats/weight_files.h"
#include "pipeline/training/batch_norm_statistics.h"
#include "pipeline/training/soup.h"
#include "pipeline/training/trainer_state.h"

namespace actionflow {

namespace {

constexpr double kWorstLoss = 1e300;  // in place of one that is not finite, which JSON does not know
constexpr std::uint64_t kOtherClips = 0x5BD1E995;  // of the seed: other draws than training's

}  // namespace

// Batch norm's statistics of the network's weights, of other clips than the epoch's own: another order, other
// changes. False where it was stopped.
bool Trainer::State::reestimate(std::uint64_t seed) {
  const auto epoch = static_cast<std::uint32_t>(state.epoch);
  const auto statistics_flow = member->task->flow(seed, {epoch, 0, epoch + 1});
  return !told_to_stop() &&
         reestimate_batch_norm(member->network, *statistics_flow, seed, ranks.alone() ? stopped : goes_on);
}

// What is validated and kept as best. Nothing where it was stopped.
std::optional<Weights> Trainer::State::judged_weights() {
  if (recipe.batch_norm != BatchNormMode::reestimate || !has_batch_norm(architecture))
    return member->kept_weights();
  const Weights live = member->network.weights();
  try {
    std::optional<Weights> judged = measured_anew();
    copy_values(live, member->network.weights());
    return judged;
  } catch (...) {
    copy_values(live, member->network.weights());
    throw;
  }
}

std::optional<Weights> Trainer::State::measured_anew() {
  if (member->average) copy_values(member->average->weights(), member->network.weights());
  if (!reestimate(recipe.seed ^ kOtherClips)) return {};
  return member->network.weights();
}

// Of all ranks; what the others have of it is the score. Nothing where it was stopped.
std::optional<Validation> Trainer::State::validation(const Weights& weights) {
  struct Told {
    bool stopped = false;
    SplitScore score;
  };
  Validation own;
  Told told;
  try {
    own = member->task->validate(weights, stopped);
    told.score = own.score;
  } catch (const Interrupted&) {
    told.stopped = true;
  }
  told = first_says(told);
  if (told.stopped) return {};
  own.score = told.score;
  return own;
}

// After an epoch's last step: validation, the line in metrics.jsonl, best.safetensors. False when it was
// stopped: then all is as it was before.
bool Trainer::State::judge() {
  const std::optional<Weights> judged = judged_weights();
  if (!judged || told_to_stop()) return false;
  const std::optional<Validation> found = validation(*judged);
  if (!found) return false;
  EpochMetrics metrics;
  metrics.epoch = state.epoch + 1;
  metrics.loss = state.sums.mean_loss();
  metrics.train_top1 = state.sums.top1();
  metrics.val_top1 = found->score.top1;
  metrics.val_loss = found->score.loss;
  if (state.sums.seconds > 0) {
    metrics.samples_per_second = static_cast<double>(state.sums.clips) / state.sums.seconds;
    metrics.data_wait = state.sums.waited / state.sums.seconds;
  }
  metrics.learning_rate = state.learning_rate;
  metrics.step = state.updates;
  metrics.substituted = state.sums.substituted;
  metrics.seconds = state.sums.seconds;
  folder.add(metrics);
  progress->set_note(note() + (!has_validation()
                                   ? std::string()
                                   : fmt::format(", val top-1 {:.1f} %", 100 * metrics.val_top1)));
  progress->finish();
  whole.reset();
  member->schedule.observe(merit_of(found->score));
  const bool best = keep_best(*judged, *found);
  for (const auto& observer : options.observers) {
    if (best) observer->best(metrics.epoch, *found);
    observer->epoch(metrics);
  }
  return true;
}

// What the best epoch has most of: accuracy; of streams less loss, since their few dozen events are a noisy
// judge, which would choose a lucky epoch before the learning rate is down.
double Trainer::State::merit_of(const SplitScore& score) const {
  if (!recipe.data.streams) return score.top1;
  return std::isfinite(score.loss) ? -score.loss : -kWorstLoss;
}

bool Trainer::State::keep_best(const Weights& judged, const Validation& validation) {
  const SplitScore& score = validation.score;
  const double val_loss = std::isfinite(score.loss) ? score.loss : kWorstLoss;
  const double merit = has_validation() ? merit_of(score) : 0;
  if (has_validation() && !state.best.beaten_by(merit, val_loss)) return false;
  state.best = state.best.beaten_at(state.epoch + 1, merit, val_loss);
  if (folder.writes()) save_model({architecture, judged, validation.calibration}, best_file());
  return true;
}

// Where a run goes on: who watches it did not see its best epoch. False when it was stopped.
bool Trainer::State::judge_best_again() {
  if (state.best.epoch == 0 || !has_validation()) return true;
  std::optional<Weights> best;
  try {
    best = load_model(best_file(), &architecture).weights;
  } catch (const ModelError& error) {
    log::warn("{}; the report goes without it until an epoch is better", error.what());
  }
  const std::vector<bool> have = ranks.gather_flags(best.has_value());
  if (std::ranges::find(have, false) != have.end()) return true;
  const std::optional<Validation> found = validation(*best);
  if (!found) return false;
  for (const auto& observer : options.observers) observer->best(state.best.epoch, *found);
  return true;
}

// best.safetensors becomes the mean of the members so far. False where it was stopped.
bool Trainer::State::keep_mean() {
  ranks.gather(0);  // the first has written its files
  std::vector<std::filesystem::path> members;
  for (int i = 0; i <= state.member; ++i) members.push_back(folder.member(i));
  copy_values(mean_weights(members, architecture), member->network.weights());
  const bool norms = has_batch_norm(architecture) && recipe.batch_norm != BatchNormMode::frozen;
  if (norms && !reestimate(recipe.seed ^ kOtherClips)) return false;
  const std::optional<Validation> found =
      recipe.data.lists.val.empty() ? judge_held_out(members) : validation(member->network.weights());
  if (!found) return false;
  if (!ranks.first()) return true;
  save_model({architecture, member->network.weights(), found->calibration}, folder.best());
  for (const auto& observer : options.observers) observer->best(0, *found);
  log::info("the mean of {} members stands in {}; {}: top-1 {:.1f} %", members.size(), folder.best().string(),
            recipe.data.lists.val.empty() ? "each on what it had not seen" : "on val",
            100 * found->score.top1);
  return true;
}

// By the first rank. Each member has held out another part of train: the calibration is chosen on all of
// them.
std::optional<Validation> Trainer::State::judge_held_out(const std::vector<std::filesystem::path>& members) {
  std::optional<Validation> found;
  if (!ranks.first()) found.emplace();
  try {
    if (ranks.first()) {
      held_out.emplace(recipe, architecture, cache, members, stopped);
      found = held_out->validation();
    }
  } catch (const Interrupted&) {
  }
  return first_says(found.has_value()) ? found : std::nullopt;
}

}  // namespace actionflow
