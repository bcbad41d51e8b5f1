#include "models/kernels/channels.h"

#include <algorithm>
#include <cstring>

#include "models/kernels/elementwise/gradient_sum.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;
using kernels::Layout;

constexpr std::int64_t kColumns = 64;
// So many rows are summed before they join the total: bounds the rounding of long sums.
constexpr std::int64_t kRows = 64;

void sum_columns(const Layout& layout, const void* values, std::int64_t first, std::int64_t count,
                 float* sums) {
  const auto& vectors = kernels::vector_kernels();
  const std::int64_t rows = layout.rows();
  float block[kRows * kColumns], sum[kColumns];
  for (std::int64_t begin = 0; begin < rows; begin += kRows) {
    const std::int64_t some = std::min(kRows, rows - begin);
    const std::int64_t at = begin * layout.padded + first;
    if (layout.type == ElementType::f32) {
      vectors.sum_rows(static_cast<const float*>(values) + at, some, layout.padded, 1, sum, count);
    } else {
      const auto* halves = static_cast<const std::uint16_t*>(values) + at;
      for (std::int64_t r = 0; r < some; ++r)
        vectors.to_f32(halves + r * layout.padded, block + r * kColumns, count);
      vectors.sum_rows(block, some, kColumns, 1, sum, count);
    }
    for (std::int64_t c = 0; c < count; ++c) sums[first + c] += sum[c];
  }
}

}  // namespace

void add_column_sums(const Layout& layout, const void* values, float* sums) {
  const std::int64_t channels = layout.extents.c, tasks = (channels + kColumns - 1) / kColumns;
  kernels::parallel_for(tasks, layout.elements(), [&](std::int64_t task) {
    const std::int64_t first = task * kColumns;
    sum_columns(layout, values, first, std::min(kColumns, channels - first), sums);
  });
}

void clear_padding(const Layout& layout, void* values) {
  const std::int64_t channels = layout.extents.c, padding = layout.padded - channels;
  if (padding == 0) return;
  const std::size_t size = kernels::bytes_of(layout.type);
  auto* bytes = static_cast<std::byte*>(values);
  kernels::parallel_for(layout.rows(), layout.rows() * padding, [&](std::int64_t row) {
    std::memset(bytes + static_cast<std::size_t>(row * layout.padded + channels) * size, 0,
                static_cast<std::size_t>(padding) * size);
  });
}

void copy_channels(const Layout& from_layout, const void* from, const Layout& to_layout, void* to) {
  const std::size_t size = kernels::bytes_of(from_layout.type);
  const auto count = static_cast<std::size_t>(from_layout.extents.c) * size;
  const auto from_step = static_cast<std::size_t>(from_layout.padded) * size;
  const auto to_step = static_cast<std::size_t>(to_layout.padded) * size;
  kernels::parallel_for(from_layout.rows(), from_layout.elements(), [&](std::int64_t row) {
    const auto i = static_cast<std::size_t>(row);
    std::memcpy(static_cast<std::byte*>(to) + i * to_step,
                static_cast<const std::byte*>(from) + i * from_step, count);
  });
}

void floats_to_bf16(const float* from, std::int64_t count, void* to) {
  const Layout plain{.batch = 1, .extents = {.c = count}, .padded = count, .type = ElementType::f32};
  convert(plain, from, ElementType::bf16, to);
}

}  // namespace actionflow::training
