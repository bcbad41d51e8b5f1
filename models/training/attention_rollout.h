// Where and when a transformer looked: attention roll-out (Abnar & Zuidema 2020,
// https://arxiv.org/abs/2005.00928).
//
// Of each attention, the mean of its heads' weights says how much each position takes from each other; where
// its result is added to what it came from, each of the two counts half. From the network's answer back to
// the positions of the clip this is multiplied up, layer by layer, along the values (not queries and keys).
// What pools or convolves takes alike from all that it sees. It tells what was looked at, not what speaks for
// a class.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "models/description/architecture.h"
#include "models/training/class_activation.h"
#include "models/weights/weights.h"

namespace actionflow {

// Whether a network attends at all.
bool attends(const Graph& graph);

class AttentionRollout {
 public:
  // Throws ModelError for weights that do not fit, and UsageError for networks that do not attend, or with an
  // operation from whose result the way back is not known.
  AttentionRollout(Architecture architecture, const Weights& weights);
  ~AttentionRollout();

  // `frames`: of one clip, H×W×C bytes each. The map is of the first layer with other positions than the
  // clip, that is its patches.
  ActivationMap map(std::span<const std::uint8_t* const> frames) const;
  // Of a clip of 1×C×T×H×W that is prepared already; shares of the whole, which add up to 1.
  ActivationMap shares(const Tensor& clip) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
