#include "models/kernels/attention/features.h"

#include <algorithm>

#include "models/graph/relative_positions.h"
#include "models/kernels/layout.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {

BiasFeatures::BiasFeatures(const Attention& operation, std::int64_t channels,
                           const std::array<std::vector<float>, 3>& vectors)
    : query_map_(operation.query_map),
      key_map_(operation.key_map),
      channels_(channels),
      class_tokens_(operation.class_token ? 1 : 0) {
  if (operation.bias != Attention::Bias::decomposed) return;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    AxisVectors& own = axes_[axis];
    const int queries = query_map_[axis], keys = key_map_[axis];
    own.first = count_;
    own.panels = padded_channels(keys) / kChannelBlock;
    count_ += keys;
    for (int q = 0; q < queries; ++q) {
      std::vector<float>& weights =
          own.weights.emplace_back(static_cast<std::size_t>(own.panels * channels * kChannelBlock), 0.0F);
      for (int k = 0; k < keys; ++k)
        for (std::int64_t c = 0; c < channels; ++c)
          weights[static_cast<std::size_t>((k / kChannelBlock * channels + c) * kChannelBlock +
                                           k % kChannelBlock)] =
              vectors[axis][static_cast<std::size_t>(decomposed_row(q, k, queries, keys) * channels + c)];
    }
  }
}

std::size_t BiasFeatures::bytes() const {
  std::size_t floats = 0;
  for (const AxisVectors& axis : axes_)
    for (const std::vector<float>& weights : axis.weights) floats += weights.size();
  return floats * sizeof(float);
}

int BiasFeatures::coordinate(std::size_t axis, std::int64_t position) const {
  const std::int64_t step = axis == 0   ? std::int64_t{1} * query_map_[1] * query_map_[2]
                            : axis == 1 ? query_map_[2]
                                        : 1;
  return static_cast<int>(position / step % query_map_[axis]);
}

std::int64_t BiasFeatures::alike(std::size_t axis, std::int64_t position, std::int64_t most) const {
  std::int64_t count = 1;
  while (count < most && coordinate(axis, position + count) == coordinate(axis, position)) ++count;
  return count;
}

void BiasFeatures::of_queries(const float* queries, std::int64_t stride, std::int64_t first,
                              std::int64_t rows, float* out, std::int64_t out_stride) const {
  if (count_ == 0) return;
  std::int64_t begin = 0;
  for (; begin < rows && first + begin < class_tokens_; ++begin)
    std::fill_n(out + begin * out_stride, count_, 0.0F);
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (std::int64_t row = begin, count = 0; row < rows; row += count) {
      constexpr std::int64_t kMostRows = 12, kMostPanels = 16;
      const AxisVectors& own = axes_[axis];
      alignas(64) float products[kMostRows * kMostPanels * kChannelBlock];
      const std::int64_t position = first + row - class_tokens_;
      count = alike(axis, position, std::min(kMostRows, rows - row));
      const std::vector<float>& weights = own.weights[static_cast<std::size_t>(coordinate(axis, position))];
      for (std::int64_t panel = 0; panel < own.panels; panel += kMostPanels) {
        const std::int64_t panels = std::min(kMostPanels, own.panels - panel);
        vector_kernels().dense({.in = queries + row * stride,
                                .in_stride = stride,
                                .rows = count,
                                .weights = weights.data() + panel * channels_ * kChannelBlock,
                                .depth = channels_,
                                .panels = panels,
                                .out = products,
                                .out_stride = panels * kChannelBlock});
        const std::int64_t features =
            std::min(panels * kChannelBlock, key_map_[axis] - panel * kChannelBlock);
        for (std::int64_t i = 0; i < count; ++i)
          std::copy_n(products + i * panels * kChannelBlock, features,
                      out + (row + i) * out_stride + own.first + panel * kChannelBlock);
      }
    }
}

bool BiasFeatures::of_key(std::int64_t j, std::array<std::int64_t, 3>& ones) const {
  if (count_ == 0 || j < class_tokens_) return false;
  const std::int64_t position = j - class_tokens_;
  ones = {axes_[0].first + position / (std::int64_t{1} * key_map_[1] * key_map_[2]),
          axes_[1].first + position / key_map_[2] % key_map_[1], axes_[2].first + position % key_map_[2]};
  return true;
}

}  // namespace actionflow::kernels
