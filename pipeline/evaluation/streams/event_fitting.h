// Chooses when scores count as an action, on streams that training has not seen.
//
// Levenshtein accuracy and F1 at half overlap, added, say how good a choice is. Few streams are a noisy
// judge, so thresholds are chosen by the mean over their neighbourhood, which finds the middle of a plateau
// and passes over a lucky spike, and are pulled towards the decoder's own by as much as two actions weigh.
// Smoothing and the merging of gaps delay the answer, so they are short, and each has to mend two edits; what
// lasts a moment only is passed over where nothing is lost by it; thresholds of single classes have to mend
// three, and may lose no more of the class than they gain.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/weights/calibration.h"
#include "pipeline/evaluation/streams/scored_stream.h"

namespace actionflow {

// A class has thresholds of its own where it has so many actions, where they mend enough.
inline constexpr int kLeastActionsOfClass = 12;

// A function of the streams only; a few hundred decodings. Empty (and with it the answer that nothing was
// chosen) where no stream has an action of a class. `chosen_on` is left to the caller.
Calibration fit_events(std::span<const ScoredStream> streams, const std::vector<std::string>& classes);

}  // namespace actionflow
