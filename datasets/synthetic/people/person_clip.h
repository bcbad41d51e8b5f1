// One video of a person who does something, as pictures.
//
// Who is seen before what depends on the figure and the background alone; camera, light, tempo and the way
// of moving on the clip. Under the same clip's number an action's partner is its film run backwards, to the
// byte, so no picture can tell the two apart. Clips have an odd number of pictures: both have the same middle
// one.
#pragma once

#include <memory>

#include "datasets/synthetic/drawing/film.h"

namespace actionflow {

// The plan's action is of kActions.
std::unique_ptr<Film> person_clip(const ClipPlan& plan);

}  // namespace actionflow
