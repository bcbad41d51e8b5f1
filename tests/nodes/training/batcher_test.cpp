#include "nodes/training/batcher.h"

#include <gmock/gmock.h>

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;

// One output's 0 is the first of two classes.
TEST(Targets, OfAClipOfNoClassAreBothClassesAlikeForOneOutput) {
  EXPECT_THAT(make_targets({{}, {0}, {1}}, 1, true).values(), ElementsAre(0.5F, 0, 1));
}

}  // namespace
}  // namespace actionflow::testing
