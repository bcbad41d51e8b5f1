#include <fmt/format.h>

#include "models/description/layers/layers.h"
#include "models/description/layers/window.h"

namespace actionflow {
namespace {

template <std::size_t axes>
std::array<int, axes> twos() {
  std::array<int, axes> all{};
  all.fill(2);
  return all;
}

// A window that lies in padding altogether has neither maximum nor mean.
void check_padding(const Emitter& emitter, const SlidingWindow& window) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (window.pad_begin[axis] >= window.kernel[axis] || window.pad_end[axis] >= window.kernel[axis]) {
      emitter.fail(fmt::format("padding {} and {} is not smaller than its window {}",
                               to_string(window.pad_begin), to_string(window.pad_end),
                               to_string(window.kernel)));
    }
  }
}

void add_pooling(Emitter& emitter, Pooling pooling, const Padding& padding, bool ceil) {
  const int input = emitter.input();
  const Extents& in = emitter.extents(input);
  SlidingWindow window{.kernel = pooling.kernel, .stride = pooling.stride};
  pad(window, padding, in);
  if (ceil && pooling.count_padding)
    emitter.fail("ceil and count_padding do not go together: what ceil adds would count");
  if (ceil) round_up(window, in);
  check_padding(emitter, window);
  pooling.pad_begin = window.pad_begin;
  pooling.pad_end = window.pad_end;
  emitter.add(pooling, {input}, slide(emitter, window, input, in.c));
}

template <std::size_t axes, Pooling::Kind kind>
struct PoolingLayer : Layer {
  std::array<int, axes> size = twos<axes>();
  std::optional<std::array<int, axes>> stride;
  PaddingOption<axes> padding;
  bool ceil = false;
  bool count_padding = false;

  static void describe(config::Fields<PoolingLayer>& fields) {
    using Self = PoolingLayer;
    const std::string order = axes == 2 ? "height, width" : "time, height, width";
    fields.add("size", &Self::size, "extent of the window: " + order).range(1, kMostKernel);
    fields.add("stride", &Self::stride, "steps from one window to the next; as size unless told")
        .range(1, kMostKernel);
    fields.add("padding", &Self::padding, kPaddingHelp);
    fields.add("ceil", &Self::ceil,
               "rounds the number of windows up, not down; the last one may end outside");
    if constexpr (kind == Pooling::Kind::average) {
      fields.add("count_padding", &Self::count_padding, "padding counts in the mean, as zeros");
    }
  }

  void emit(Emitter& emitter) const override {
    add_pooling(emitter,
                {.kind = kind,
                 .kernel = widen(size, 1),
                 .stride = widen(stride.value_or(size), 1),
                 .count_padding = count_padding},
                padding, ceil);
  }
};

}  // namespace

std::vector<LayerKind> pooling_layers() {
  using enum Pooling::Kind;
  return {
      layer_kind<PoolingLayer<2, max>>("max_pool2d", "the largest of each window, each sample by itself",
                                       "size: 3, stride: 2, padding: same"),
      layer_kind<PoolingLayer<3, max>>("max_pool3d", "the largest of each window",
                                       "size: [1, 3, 3], stride: 2, ceil: true"),
      layer_kind<PoolingLayer<2, average>>("average_pool2d", "the mean of each window, each sample by itself",
                                           "size: [2, 3], stride: 1, padding: [[1, 0], [1, 1]]"),
      layer_kind<PoolingLayer<3, average>>("average_pool3d", "the mean of each window",
                                           "size: 3, stride: [1, 2, 2], padding: same"),
  };
}

}  // namespace actionflow
