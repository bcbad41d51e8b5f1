// The things that people act on: chairs, crates, balls, doors.
#pragma once

#include "base/random.h"
#include "datasets/synthetic/people/actions.h"
#include "datasets/synthetic/people/scene_view.h"

namespace actionflow {

// Colours of a clip's things.
struct PropLook {
  cv::Scalar color, accent;
  PropLook(PropKind prop, Random random);
};

// Adds the thing at one phase of the choreography.
void add_prop(Layers& layers, const SceneView& view, const Choreography& choreography, const PropLook& look,
              double phase);

}  // namespace actionflow
