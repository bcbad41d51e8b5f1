// The numbers of PositionEmbedding::Kind::sinusoid.
#pragma once

#include <vector>

#include "models/graph/operation.h"

namespace actionflow {

// One a position and channel, counted T, H, W, C.
std::vector<float> sinusoid(const Extents& extents);

}  // namespace actionflow
