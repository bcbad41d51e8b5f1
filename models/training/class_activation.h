// Where and when a network looked: how much each place and moment of its last map with places counts for a
// class.
//
// The gradient of the class' score by the map times the map itself, summed over channels, what speaks against
// the class left out: HiResCAM (Draelos & Carin 2020, https://arxiv.org/abs/2011.08891), in time as well as
// in space. For networks that end in a global average and a dense layer this is Grad-CAM (Selvaraju et al.
// 2017) up to a factor; where a dense layer tells places apart, Grad-CAM's mean over them does not.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/description/architecture.h"
#include "models/weights/weights.h"

namespace actionflow {

// Of one clip. Values T×H×W of the layer's result, 0 to 1 for the one that counts most; all 0 where nothing
// speaks for the class.
struct ActivationMap {
  std::string layer;
  std::int64_t frames = 0, height = 0, width = 0;
  std::vector<float> values;

  // At a share of the clip's duration, height and width (0 to 1), between the map's values as cameras see
  // them: linear, the outer ones held.
  float at(double time, double y, double x) const;
};

class ClassActivation {
 public:
  // Throws ModelError for weights that do not fit, and for layers that cannot be trained.
  ClassActivation(Architecture architecture, const Weights& weights);
  ~ClassActivation();

  // `frames`: of one clip, H×W×C bytes each. `step`: of an answer with several, such as that of a network for
  // streams, the one that is asked for. Throws UsageError for a network whose layers have no places.
  ActivationMap map(std::span<const std::uint8_t* const> frames, int label, std::int64_t step = 0);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
