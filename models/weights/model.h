// A network with its weights, and what its answers are made with where it was calibrated.
#pragma once

#include <optional>

#include "models/description/architecture.h"
#include "models/weights/calibration.h"
#include "models/weights/weights.h"

namespace actionflow {

struct Model {
  Architecture architecture;
  Weights weights;
  std::optional<Calibration> calibration = {};
};

}  // namespace actionflow
