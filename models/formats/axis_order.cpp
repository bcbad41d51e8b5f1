#include "models/formats/axis_order.h"

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

namespace actionflow {
namespace {

constexpr std::size_t kMostAxes = 6;
using Orders = std::array<std::string_view, kMostAxes>;  // by rank

constexpr Orders kOwn{"", "", "OI", "", "", "OITHW"};
constexpr Orders kKeras{"", "", "IO", "TIO", "HWIO", "THWIO"};

std::string_view own_axes(std::string_view axes) { return axes.size() == 2 ? kOwn[2] : kOwn[5]; }

}  // namespace

std::string_view kernel_axes(KernelOrder order, std::size_t rank) {
  if (rank >= kMostAxes) return {};
  return order == KernelOrder::own ? kOwn[rank] : kKeras[rank];
}

Tensor to_own_axes(const Tensor& kernel, std::string_view axes) {
  std::vector<int> order;
  Shape shape;
  for (const char axis : own_axes(axes)) {
    const std::size_t at = axes.find(axis);
    if (at != std::string_view::npos) order.push_back(static_cast<int>(at));
    shape.push_back(at == std::string_view::npos ? 1 : kernel.dim(static_cast<int>(at)));
  }
  return kernel.permuted(order).reshaped(std::move(shape));
}

Tensor from_own_axes(const Tensor& kernel, std::string_view axes) {
  const std::string_view own = own_axes(axes);
  std::vector<std::size_t> kept;
  Shape shape;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (axes.find(own[i]) != std::string_view::npos) {
      kept.push_back(i);
      shape.push_back(kernel.dim(static_cast<int>(i)));
    } else if (kernel.dim(static_cast<int>(i)) != 1) {
      throw std::invalid_argument("the format has no axis for an extent of the kernel");
    }
  }
  std::vector<int> order;
  for (const char axis : axes) {
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (own[kept[i]] == axis) order.push_back(static_cast<int>(i));
    }
  }
  return Tensor(kernel).reshaped(std::move(shape)).permuted(order);
}

}  // namespace actionflow
