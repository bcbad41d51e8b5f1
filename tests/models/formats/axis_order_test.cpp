#include "models/formats/axis_order.h"

#include <gmock/gmock.h>

#include <numeric>

namespace actionflow::testing {
namespace {

Tensor counted(const Shape& shape) {
  Tensor tensor(shape);
  std::iota(tensor.values().begin(), tensor.values().end(), 0.0F);
  return tensor;
}

TEST(AxisOrder, EveryOrderComesBack) {
  for (const KernelOrder order : {KernelOrder::own, KernelOrder::keras}) {
    for (const Shape& shape : {Shape{2, 3}, {2, 3, 4}, {2, 3, 4, 5}, {2, 3, 4, 5, 6}}) {
      const std::string_view axes = kernel_axes(order, shape.size());
      if (axes.empty()) continue;
      const Tensor kernel = counted(shape), own = to_own_axes(kernel, axes);
      EXPECT_EQ(own.shape().size(), shape.size() == 2 ? 2U : 5U);
      const Tensor back = from_own_axes(own, axes);
      EXPECT_EQ(back.shape(), shape) << axes;
      EXPECT_THAT(back.values(), ::testing::ElementsAreArray(kernel.values())) << axes;
    }
  }
}

TEST(AxisOrder, KerasKernelsTurnIntoOurs) {
  const Tensor kernel = counted({2, 3, 4, 5});  // H, W, I, O
  const Tensor own = to_own_axes(kernel, kernel_axes(KernelOrder::keras, 4));
  ASSERT_EQ(own.shape(), (Shape{5, 4, 1, 2, 3}));
  // o = 3, i = 2, h = 1, w = 2
  EXPECT_EQ(own[((3 * 4 + 2) * 2 + 1) * 3 + 2], kernel[((1 * 3 + 2) * 4 + 2) * 5 + 3]);
}

TEST(AxisOrder, AKernelInTimeDoesNotFitTwoAxes) {
  EXPECT_THROW(from_own_axes(counted({2, 3, 2, 3, 3}), "HWIO"), std::invalid_argument);
  EXPECT_EQ(kernel_axes(KernelOrder::keras, 9), "");
}

}  // namespace
}  // namespace actionflow::testing
