#include "base/tensor/tensor.h"

#include <gmock/gmock.h>

#include <numeric>
#include <stdexcept>

namespace actionflow {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

Tensor counted(Shape shape) {
  Tensor tensor(std::move(shape));
  std::iota(tensor.values().begin(), tensor.values().end(), 0.0F);
  return tensor;
}

TEST(Tensor, IsZeroAndAligned) {
  const Tensor tensor({3, 5});
  EXPECT_THAT(tensor.values(), Each(0.0F));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0u);
}

TEST(Tensor, OfNoAxesHoldsOneValueAndOfNoExtentNone) {
  EXPECT_EQ(Tensor(Shape{}).size(), 1);
  EXPECT_TRUE(Tensor({3, 0}).empty());
  EXPECT_TRUE(Tensor().empty());
  EXPECT_EQ(Tensor({3, 0}).permuted({1, 0}).shape(), (Shape{0, 3}));
}

TEST(Tensor, RefusesShapesThatCannotBe) {
  EXPECT_THROW(Tensor({-1}), std::length_error);
  EXPECT_THROW(Tensor({1LL << 40, 1LL << 40}), std::length_error);
  EXPECT_THROW(Tensor({1LL << 62}), std::length_error);
  const std::vector<float> three(3);
  EXPECT_THROW(Tensor({2}, three), std::invalid_argument);
}

TEST(Tensor, CopiesItsValues) {
  const Tensor first = counted({2, 2});
  Tensor second = first;
  second[0] = 9;
  EXPECT_EQ(first[0], 0.0F);
  second = first;
  EXPECT_THAT(second.values(), ElementsAre(0, 1, 2, 3));
}

TEST(Tensor, ReshapesToTheSameSizeOnly) {
  EXPECT_EQ(counted({2, 6}).reshaped({3, 4}).shape(), (Shape{3, 4}));
  EXPECT_THROW(counted({2, 6}).reshaped({5}), std::invalid_argument);
}

TEST(Tensor, TransposesAMatrix) {
  EXPECT_THAT(counted({2, 3}).permuted({1, 0}).values(), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Tensor, PermutesSoThatAxisIOfTheResultIsAxisOrderIOfTheSource) {
  const Tensor from = counted({2, 3, 4, 5});
  const Tensor to = from.permuted({2, 0, 3, 1});
  ASSERT_EQ(to.shape(), (Shape{4, 2, 5, 3}));
  for (std::int64_t a = 0; a < 2; ++a)
    for (std::int64_t b = 0; b < 3; ++b)
      for (std::int64_t c = 0; c < 4; ++c)
        for (std::int64_t d = 0; d < 5; ++d)
          EXPECT_EQ(to[((c * 2 + a) * 5 + d) * 3 + b], from[((a * 3 + b) * 4 + c) * 5 + d]);
}

TEST(Tensor, PermutedBackIsItself) {
  const Tensor from = counted({2, 3, 4});
  const Tensor back = from.permuted({2, 0, 1}).permuted({1, 2, 0});
  EXPECT_TRUE(std::equal(from.values().begin(), from.values().end(), back.values().begin()));
}

TEST(Tensor, RefusesAPermutationThatIsNone) {
  EXPECT_THROW(counted({2, 3}).permuted({0}), std::invalid_argument);
  EXPECT_THROW(counted({2, 3}).permuted({0, 0}), std::invalid_argument);
  EXPECT_THROW(counted({2, 3}).permuted({0, 2}), std::invalid_argument);
}

TEST(Shape, IsShownWithItsExtents) {
  EXPECT_EQ(to_string(Shape{3, 10, 64, 64}), "3×10×64×64");
  EXPECT_EQ(to_string(Shape{}), "scalar");
}

}  // namespace
}  // namespace actionflow
