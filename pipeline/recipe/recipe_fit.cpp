#include "pipeline/recipe/recipe_fit.h"

#include <array>
#include <initializer_list>

#include "models/training/name_pattern.h"
#include "models/weights/initial_weights.h"
#include "pipeline/graph/graph_check.h"

namespace actionflow {

namespace {

// Of the innermost key that is written.
config::Place place_of(const config::Value& document, std::initializer_list<const char*> keys) {
  const config::Value* value = &document;
  for (const char* key : keys) {
    const config::Value* within = value->find(key);
    if (within == nullptr) break;
    value = within;
  }
  return value->place();
}

void check_fit(const Recipe& recipe, const config::Value& document, const Architecture& architecture,
               Problems& problems) {
  problems.guard(place_of(document, {"freeze"}),
                 [&] { check_patterns(recipe.freeze, architecture, "freeze"); });
  for (const auto& [pattern, share] : recipe.optimizer.rates)
    problems.guard(place_of(document, {"optimizer", "rates", pattern.c_str()}),
                   [&] { check_patterns(std::array{pattern}, architecture, "optimizer.rates"); });
  if (!recipe.init.weights.empty())
    problems.guard(place_of(document, {"init", "skip"}),
                   [&] { check_patterns(recipe.init.skip, architecture, "init.skip"); });
  const char* const of_loss = recipe.loss.class_weights.empty() ? "kind" : "class_weights";
  problems.guard(place_of(document, {"loss", of_loss}), [&] { fit_loss(recipe.loss, architecture); });
  problems.guard(place_of(document, {"data", "augment"}), [&] {
    Augmenter(recipe.data.augment, recipe.data.sampling, architecture.input, architecture.classes);
  });
}

}  // namespace

void require_fitting_recipe(const Recipe& recipe, const config::Value& document,
                            const Architecture& architecture) {
  Problems problems;
  check_fit(recipe, document, architecture, problems);
  problems.throw_if_any();
}

void require_fitting_first_weights(const Recipe& recipe, const config::Value& document,
                                   const Architecture& architecture) {
  if (recipe.init.weights.empty()) return;
  Problems problems;
  problems.guard(place_of(document, {"init", "weights"}), [&] {
    Weights weights = initial_weights(architecture, recipe.seed);
    load_initial_weights(recipe.init, architecture, weights);
  });
  problems.throw_if_any();
}

}  // namespace actionflow
