// One video of a hand that draws in the air, seen from its owner's head, as pictures: a clip of one gesture,
// or a stream of many with idle time and other movements between them.
//
// Whose hand it is and what is behind it depend on the figure and the background alone; gesture, tempo, light
// and camera on the clip.
#pragma once

#include <memory>

#include "datasets/synthetic/drawing/film.h"

namespace actionflow {

// The plan's action is of kGestures. 15 to 30 pictures a second.
std::unique_ptr<Film> hand_film(const ClipPlan& plan);

}  // namespace actionflow
