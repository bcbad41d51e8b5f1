#include "pipeline/training/run_state.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/text/json_text.h"

namespace actionflow {

namespace {

using nlohmann::ordered_json;

// The members of RunState, once for reading and writing.
template <class State, class Visit>
void visit(State& state, Visit&& member) {
  member("seed", state.identity.seed);
  member("batch", state.identity.batch);
  member("accumulate", state.identity.accumulate);
  member("balanced", state.identity.balanced);
  member("videos", state.identity.videos);
  member("list_hash", state.identity.list_hash);
  member("epoch", state.epoch);
  member("step", state.step);
  member("updates", state.updates);
  member("learning_rate", state.learning_rate);
  member("loss", state.sums.loss);
  member("clips", state.sums.clips);
  member("labelled", state.sums.labelled);
  member("right", state.sums.right);
  member("substituted", state.sums.substituted);
  member("seconds", state.sums.seconds);
  member("waited", state.sums.waited);
  member("best_epoch", state.best.epoch);
  member("best_merit", state.best.merit);
  member("best_loss", state.best.loss);
  member("best_merit_epoch", state.best.merit_epoch);
  member("micro_batch", state.identity.micro_batch);
  member("members", state.identity.members);
  member("member", state.member);
  member("first_epoch", state.first_epoch);
  member("first_update", state.first_update);
}

}  // namespace

RunIdentity RunIdentity::of(const Recipe& recipe, const std::vector<VideoEntry>& train) {
  RunIdentity identity{
      recipe.seed, recipe.batch, recipe.accumulate, recipe.micro_batch, recipe.data.balanced, recipe.members,
      0,           kFnvStart};
  identity.videos = static_cast<std::int64_t>(train.size());
  for (const VideoEntry& entry : train) {
    identity.list_hash = fnv1a(entry.name, identity.list_hash);
    if (entry.part)
      identity.list_hash =
          fnv1a(fmt::format(" {} to {} s", entry.part->begin, entry.part->end), identity.list_hash);
    for (const TimedAction& action : entry.actions)
      identity.list_hash =
          fnv1a(fmt::format(" {} {} {}", action.label, action.start, action.end), identity.list_hash);
    for (const int label : entry.labels)
      identity.list_hash = fnv1a(fmt::format(" {}", label), identity.list_hash);
    identity.list_hash = fnv1a("\n", identity.list_hash);
  }
  return identity;
}

std::string RunIdentity::difference(const RunIdentity& now) const {
  const auto differs = [](const char* what, auto then, auto is) {
    return fmt::format("{} was {} and is {}", what, then, is);
  };
  if (seed != now.seed) return differs("seed", seed, now.seed);
  if (batch != now.batch) return differs("batch", batch, now.batch);
  if (accumulate != now.accumulate) return differs("accumulate", accumulate, now.accumulate);
  if (micro_batch != now.micro_batch) return differs("micro_batch", micro_batch, now.micro_batch);
  if (balanced != now.balanced) return differs("data.balanced", balanced, now.balanced);
  if (members != now.members) return differs("members", members, now.members);
  if (videos != now.videos) return differs("the number of training videos", videos, now.videos);
  if (list_hash != now.list_hash) return "the training list holds other videos or labels";
  return {};
}

std::string RunState::to_text() const {
  ordered_json json;
  visit(*this, [&](const char* key, const auto& value) { json[key] = value; });
  return json_text(json);
}

RunState RunState::from_text(const std::string& text, const std::string& file) {
  RunState state;
  try {
    ordered_json json = ordered_json::parse(text);
    if (!json.contains("members"))
      json.update({{"members", 1}, {"member", 0}, {"first_epoch", 0}, {"first_update", 0}});
    if (!json.contains("micro_batch")) json["micro_batch"] = 0;
    if (!json.contains("best_merit"))
      json.update({{"best_epoch", 0}, {"best_merit", 0}, {"best_merit_epoch", 0}});
    visit(state, [&](const char* key, auto& value) { json.at(key).get_to(value); });
  } catch (const nlohmann::json::exception& error) {
    throw ModelError(file + ": the state of training in its header cannot be read: " + error.what());
  }
  return state;
}

}  // namespace actionflow
