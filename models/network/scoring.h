// From what a network's last layer gives to probabilities.
#pragma once

#include <vector>

#include "base/tensor/tensor.h"
#include "models/description/architecture.h"
#include "models/network/action_scores.h"

namespace actionflow {

// `result` is N×…×T×H×W, as the network's last layer gives it. Both throw ModelError where a score is not
// finite.

// Class probabilities: of each clip a score a class, at each of its positions (N×classes×T×H×W). Softmax is
// applied where the network ends in logits; one sigmoid output of two classes gives 1−p and p, other sigmoids
// are each a label's own probability. Of action scores, those of `which`.
std::vector<float> probabilities_of(const Architecture& architecture, const Tensor& result);

// One a sample, clip after clip. The network ends in action_scores.
std::vector<ActionScores> action_scores_of(const Architecture& architecture, const Tensor& result);

}  // namespace actionflow
