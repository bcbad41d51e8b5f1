#include "datasets/synthetic/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "datasets/synthetic/hands/gestures.h"
#include "datasets/synthetic/hands/hand_film.h"
#include "datasets/synthetic/people/actions.h"
#include "datasets/synthetic/people/person_clip.h"
#include "datasets/synthetic/people/person_stream.h"

namespace actionflow {

namespace {

std::unique_ptr<Film> film_of_people(const ClipPlan& plan) {
  return plan.seconds > 0 ? person_stream(plan) : person_clip(plan);
}

Scene people() {
  Scene scene{"people", {}, kActions.size(), true, ClipPlan{}.width, ClipPlan{}.height, film_of_people};
  for (const Action& action : kActions) scene.movements.push_back(action.name);
  return scene;
}

Scene hands() {
  return {"hands", {kGestures.begin(), kGestures.end()}, kGestureClasses, false, 160, 120, hand_film};
}

}  // namespace

std::span<const Scene> scenes() {
  static const std::array<Scene, 2> all{people(), hands()};
  return all;
}

const Scene* scene_named(std::string_view name) {
  const auto found = std::ranges::find(scenes(), name, &Scene::name);
  return found == scenes().end() ? nullptr : &*found;
}

std::string scene_names() {
  std::vector<std::string_view> names;
  for (const Scene& scene : scenes()) names.push_back(scene.name);
  return fmt::format("{}", fmt::join(names, " or "));
}

}  // namespace actionflow
