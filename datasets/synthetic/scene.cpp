#include "datasets/synthetic/scene.h"

#include <array>

#include "datasets/synthetic/actions.h"
#include "datasets/synthetic/clip.h"
#include "datasets/synthetic/drawn_stream.h"
#include "datasets/synthetic/gestures.h"
#include "datasets/synthetic/hand_clip.h"

namespace actionflow {

namespace {

std::unique_ptr<Film> film_of_people(const ClipPlan& plan) {
  if (plan.seconds > 0) return std::make_unique<DrawnStream>(plan);
  return std::make_unique<DrawnClip>(plan);
}

std::unique_ptr<Film> film_of_hands(const ClipPlan& plan) { return std::make_unique<HandClip>(plan); }

Scene people() {
  Scene scene{"people", {}, kActions.size(), true, ClipPlan{}.width, ClipPlan{}.height, film_of_people};
  for (const Action& action : kActions) scene.movements.push_back(action.name);
  return scene;
}

Scene hands() {
  return {"hands", {kGestures.begin(), kGestures.end()}, kGestureClasses, false, 160, 120, film_of_hands};
}

}  // namespace

std::span<const Scene> scenes() {
  static const std::array<Scene, 2> all{people(), hands()};
  return all;
}

}  // namespace actionflow
