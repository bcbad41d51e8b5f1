// Drawn videos that join a training set: movements of its classes, movements of none, which real data seldom
// has enough of, and films without a cut, in which movements have a before and an after.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "datasets/synthetic/generator.h"

namespace actionflow {

// Keys `data.drawn.*` of a recipe.
struct DrawnOptions {
  std::string scene = "hands";
  std::int64_t clips = 0;    // of the scene's classes
  std::int64_t others = 0;   // of movements of none
  std::int64_t films = 0;    // uncut, of many movements of both kinds
  double minutes = 1;        // of each film
  std::int64_t seed = 1000;  // other than that of a dataset that the network is tested on
  static void describe(config::Fields<DrawnOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;

  bool any() const { return clips + others > 0; }
  static constexpr std::int64_t kLeastFilms = 3;  // one for each split
};

struct DrawnDataset {
  std::filesystem::path folder;
  const Scene* scene = nullptr;
  std::vector<SyntheticVideo> videos;
};

// A folder of its own below `folder`, drawn unless it stands there already; what a run that was stopped left
// is not taken for one. Processes may ask at the same time. Throws Error where it cannot be written.
DrawnDataset drawn_dataset(const DrawnOptions& options, const std::filesystem::path& folder, int threads);

// Likewise the films: the folder, a dataset with lists.
std::filesystem::path drawn_films(const DrawnOptions& options, const std::filesystem::path& folder,
                                  int threads);

}  // namespace actionflow
