// Values of tensors as they lie in files: element types and strides.
#include "models/formats/stored/stored_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <numeric>

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;

template <class T, std::size_t n>
Tensor read(ElementType type, const std::array<T, n>& values) {
  StoredTensor tensor{.name = "t", .type = type, .shape = {n}};
  tensor.data = reinterpret_cast<const char*>(values.data());
  return read_values(tensor);
}

TEST(StoredTensor, ReadsEveryTypeAsFloats) {
  EXPECT_THAT(read(ElementType::f32, std::array{1.5F, -2.0F}).values(), ElementsAre(1.5F, -2.0F));
  EXPECT_THAT(read(ElementType::f64, std::array{0.25, -1e-300}).values(), ElementsAre(0.25F, 0.0F));
  EXPECT_THAT(read(ElementType::i64, std::array<std::int64_t, 2>{-5, 1LL << 40}).values(),
              ElementsAre(-5, 0x1p40F));
  EXPECT_THAT(read(ElementType::i32, std::array<std::int32_t, 2>{-5, 7}).values(), ElementsAre(-5, 7));
  EXPECT_THAT(read(ElementType::i16, std::array<std::int16_t, 2>{-5, 7}).values(), ElementsAre(-5, 7));
  EXPECT_THAT(read(ElementType::i8, std::array<std::int8_t, 2>{-5, 7}).values(), ElementsAre(-5, 7));
  EXPECT_THAT(read(ElementType::u8, std::array<std::uint8_t, 2>{250, 7}).values(), ElementsAre(250, 7));
  EXPECT_THAT(read(ElementType::boolean, std::array<std::uint8_t, 2>{1, 0}).values(), ElementsAre(1, 0));
}

// Values by hand, of IEEE 754's binary16 and of bfloat16.
TEST(StoredTensor, ReadsBothHalfPrecisions) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(
      read(ElementType::f16, std::array<std::uint16_t, 6>{0x3E00, 0xC000, 0x0001, 0x8000, 0x7BFF, 0xFC00})
          .values(),
      ElementsAre(1.5F, -2.0F, 0x1p-24F, -0.0F, 65504.0F, -infinity));
  EXPECT_THAT(read(ElementType::bf16, std::array<std::uint16_t, 3>{0xC000, 0x3FC0, 0x7F80}).values(),
              ElementsAre(-2.0F, 1.5F, infinity));
}

class Views : public ::testing::Test {
 protected:
  Views() { std::iota(values_.begin(), values_.end(), 0.0F); }
  Tensor view(Shape shape, Shape strides, std::size_t offset = 0) const {
    return read_values({.name = "t",
                        .type = ElementType::f32,
                        .shape = std::move(shape),
                        .strides = std::move(strides),
                        .data = reinterpret_cast<const char*>(values_.data() + offset)});
  }
  std::array<float, 24> values_{};
};

TEST_F(Views, FollowTheirStrides) {
  EXPECT_THAT(view({2, 3}, {3, 1}).values(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(view({3, 2}, {1, 3}).values(), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(view({2, 2}, {6, 2}, 1).values(), ElementsAre(1, 3, 7, 9));
  EXPECT_THAT(view({2, 1, 2}, {4, 99, 1}).values(), ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(view({2, 2, 2}, {1, 12, 4}).values(), ElementsAre(0, 4, 12, 16, 1, 5, 13, 17));
  EXPECT_THAT(view({3}, {0}, 5).values(), ElementsAre(5, 5, 5));
  EXPECT_THAT(view({}, {}, 7).values(), ElementsAre(7));
  EXPECT_EQ(view({0, 3}, {3, 1}).size(), 0);
}

TEST(StoredTensor, TellsHowFarItReachesOrThatItCannotBe) {
  const auto reach_of = [](Shape shape, Shape strides) {
    return reach({.name = "t", .shape = std::move(shape), .strides = std::move(strides)});
  };
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(reach_of({2, 3}, {}), 6);
  EXPECT_EQ(reach_of({2, 3}, {10, 2}), 15);
  EXPECT_EQ(reach_of({}, {}), 1);
  EXPECT_EQ(reach_of({0, 3}, {10, 2}), 0);
  EXPECT_EQ(reach_of({most}, {0}), 1);
  EXPECT_EQ(reach_of({-1}, {1}), std::nullopt);
  EXPECT_EQ(reach_of({2}, {-1}), std::nullopt);
  EXPECT_EQ(reach_of({most, 2}, {0, 0}), std::nullopt);
  EXPECT_EQ(reach_of({3}, {most}), std::nullopt);
  EXPECT_EQ(reach_of({0, most, most}, {1, 1, 1}), std::nullopt);
}

}  // namespace
}  // namespace actionflow::testing
