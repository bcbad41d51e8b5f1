// What a network for streams should say of each sample of a sequence, from the actions in it.
//
// - An action is told by the samples on its last `label_share`, and for `linger` seconds past its end, in
// which
//   the network answers its class, that an action is under way, and the seconds since it began. Many actions
//   begin alike, so what comes before counts neither way. Where two are to be told, the later one is.
// - What is ambiguous counts neither way. Everywhere else none is under way, movements of no class included:
//   where one of these would be told if it were an action, the classes are to be as likely as each other.
// - The weights of one action's samples sum to `action_mass`, however long it is (as many of them as the
//   sequence holds); a sample without an action weighs `none_weight`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "datasets/recordings/timed_action.h"
#include "datasets/streams/sequence_planner.h"
#include "datasets/streams/stream_options.h"
#include "models/training/loss/sample_target.h"

namespace actionflow {

// One a sample, sample k at k·interval seconds; actions in any order.
std::vector<SampleTarget> sample_targets(std::span<const TimedAction> actions, std::int64_t samples,
                                         double interval, const TargetOptions& options,
                                         double none_weight = 1);

// The weight of a sample without an action with which all of them have options().targets.none_mass times the
// mass of those with one in the long run, 1 at most. Estimated on drawn sequences; no video is opened.
double none_weight(const SequencePlanner& planner, std::uint64_t seed);

}  // namespace actionflow
