// Chooses when scores count as an action, on streams that training has not seen.
//
// By the accuracy of the labels' order (Levenshtein), among equals by F1 at half overlap, among equals by the
// distance to the nearest choice that is worse: the middle of a plateau, not its edge, where another stream's
// scores may fall off it. Smoothing, the shortest duration and the merging of gaps delay the answer, so they
// stay 0 where they gain nothing.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/weights/calibration.h"
#include "pipeline/evaluation/scored_stream.h"

namespace actionflow {

// A class has thresholds of its own where it has so many actions, and they mend more than one edit.
inline constexpr int kLeastActionsOfClass = 12;

// A function of the streams only; a few hundred decodings. Empty (and with it the answer that nothing was
// chosen) where no stream has an action of a class. `chosen_on` is left to the caller.
Calibration fit_events(std::span<const ScoredStream> streams, const std::vector<std::string>& classes);

}  // namespace actionflow
