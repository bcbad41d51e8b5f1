// What the layer `action_scores` gives at each sample beside a value a class: whether an action is under way
// (a logit), then the seconds since it began.
#pragma once

namespace actionflow {

inline constexpr int kActionOutputs = 2;
inline constexpr const char* kActionScoresLayer = "action_scores";

}  // namespace actionflow
