// What a synthetic dataset shows: its movements, and who draws a clip of one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/synthetic/drawing/film.h"

namespace actionflow {

struct Scene {
  std::string_view name;
  std::vector<std::string_view> movements;  // the first are classes, in the order of their labels
  std::size_t classes = 0;                  // what comes after them belongs to no class
  bool both_ways = false;  // each film stands in the dataset under two neighbouring movements
  int width = 0, height = 0;
  std::unique_ptr<Film> (*film)(const ClipPlan& plan) = nullptr;
};

// All there are; people come first.
std::span<const Scene> scenes();
const Scene* scene_named(std::string_view name);  // null where there is none
std::string scene_names();                        // "people or hands"

}  // namespace actionflow
