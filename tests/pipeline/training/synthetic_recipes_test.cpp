// The shipped recipes for the synthetic actions fit the dataset that `generate` writes.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "datasets/synthetic/scene.h"
#include "pipeline/recipe/recipe.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

class SyntheticRecipe : public ::testing::TestWithParam<const char*> {
 protected:
  Recipe recipe_ =
      load_recipe(project_root() / "configs/training" / (std::string("synthetic_") + GetParam() + ".yaml"));
};

TEST_P(SyntheticRecipe, NamesEachActionsReversal) {
  const std::vector<std::string_view>& names = scenes().front().movements;
  std::map<std::string, std::string> pairs;
  for (std::size_t i = 0; i < names.size(); i += 2) pairs.emplace(names[i], names[i + 1]);
  EXPECT_EQ(recipe_.data.augment.reverse_labels, pairs);
}

TEST_P(SyntheticRecipe, HasANetworkOfItsClassesInUnderFourMegabytes) {
  const std::vector<std::string_view>& names = scenes().front().movements;
  const Architecture network = read_network(recipe_, {names.begin(), names.end()});
  const std::int64_t values = network.parameter_count();
  EXPECT_GT(values, 100'000);
  EXPECT_LT(values * 4, 4'000'000);
}

INSTANTIATE_TEST_SUITE_P(All, SyntheticRecipe,
                         ::testing::Values("cnn3d", "cnn3d_valid", "fusion", "cnn_lstm"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace actionflow::testing
