// A long video of one person in one place who does several things, with idle time between them, as pictures.
//
// The person stays with one thing for a few movements, to and fro between the ends of its pair of actions;
// then the picture is cut to another. Between actions they stand or sit still, fidget, or begin an action and
// take it back: those belong to no class.
#pragma once

#include <memory>

#include "datasets/synthetic/drawing/film.h"

namespace actionflow {

// plan.seconds long; its action means nothing.
std::unique_ptr<Film> person_stream(const ClipPlan& plan);

}  // namespace actionflow
