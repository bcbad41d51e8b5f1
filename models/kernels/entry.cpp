#include "models/kernels/entry.h"

#include <algorithm>
#include <bit>

#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

// Scales and shifts repeated so that a run of whole vectors sees each channel at the same place.
struct Pattern {
  explicit Pattern(const Normalisation& n) : channels(n.scale.size()) {
    for (std::size_t i = 0; i < kChannelBlock * channels; ++i) {
      scale.push_back(n.scale[i % channels]);
      shift.push_back(n.shift[i % channels]);
    }
  }
  std::size_t channels;
  std::vector<float> scale, shift;
};

void normalise_dense(const std::uint8_t* in, const Pattern& pattern, std::int64_t count, float* out) {
  const auto period = static_cast<std::int64_t>(pattern.scale.size());
  const float *scale = pattern.scale.data(), *shift = pattern.shift.data();
  for (std::int64_t begin = 0; begin < count; begin += period) {
    const std::int64_t n = std::min(period, count - begin);
    for (std::int64_t i = 0; i < n; ++i)
      out[begin + i] = static_cast<float>(in[begin + i]) * scale[i] + shift[i];
  }
}

void normalise_padded(const std::uint8_t* in, const Normalisation& n, const Layout& layout,
                      std::int64_t positions, float* out) {
  const std::int64_t channels = layout.extents.c;
  for (std::int64_t p = 0; p < positions; ++p, in += channels, out += layout.padded) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      out[c] = static_cast<float>(in[c]) * n.scale[i] + n.shift[i];
    }
    std::fill(out + channels, out + layout.padded, 0.0F);
  }
}

// Rows of a value of either type: `fill` writes one row as floats.
template <class F>
void write_row(const Layout& layout, void* out, std::int64_t first, std::int64_t count, F fill) {
  if (layout.type == ElementType::f32) return fill(static_cast<float*>(out) + first);
  thread_local std::vector<float> row;
  row.resize(static_cast<std::size_t>(count));
  fill(row.data());
  vector_kernels().to_bf16(row.data(), static_cast<std::uint16_t*>(out) + first, count);
}

}  // namespace

Normalisation normalisation_of(const InputSpec& input, std::int64_t channels) {
  Normalisation result;
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto i = static_cast<std::size_t>(c);
    const double mean = i < input.mean.size() ? input.mean[i] : 0,
                 std = i < input.std.size() ? input.std[i] : 1;
    result.scale.push_back(static_cast<float>(input.range / 255.0 / std));
    result.shift.push_back(static_cast<float>(-mean / std));
  }
  return result;
}

void normalise_frames(std::span<const std::uint8_t* const> frames, const Normalisation& normalisation,
                      const Layout& layout, void* out) {
  const std::int64_t height = layout.extents.h, width = layout.extents.w, channels = layout.extents.c;
  const Pattern pattern(normalisation);
  const auto rows = static_cast<std::int64_t>(frames.size()) * height;
  parallel_for(rows, layout.elements(), [&](std::int64_t row) {
    const std::uint8_t* in = frames[static_cast<std::size_t>(row / height)] + row % height * width * channels;
    write_row(layout, out, row * width * layout.padded, width * layout.padded, [&](float* to) {
      if (layout.padded == channels)
        normalise_dense(in, pattern, width * channels, to);
      else
        normalise_padded(in, normalisation, layout, width, to);
    });
  });
}

void from_plain(const float* ncthw, const Layout& layout, void* out) {
  const std::int64_t plane = layout.extents.positions(), channels = layout.extents.c;
  const std::int64_t width = layout.extents.w, rows = layout.rows() / width;
  parallel_for(rows, layout.elements() * 2, [&](std::int64_t row) {
    const std::int64_t clip = row * width / plane, begin = row * width % plane;
    const float* in = ncthw + clip * channels * plane + begin;
    write_row(layout, out, row * width * layout.padded, width * layout.padded, [&](float* to) {
      if (channels < layout.padded) std::fill(to, to + width * layout.padded, 0.0F);
      for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t w = 0; w < width; ++w) to[w * layout.padded + c] = in[c * plane + w];
    });
  });
}

namespace {

template <class Element, class Convert>
void columns_to_plain(const Element* in, const Layout& layout, float* ncthw, Convert convert) {
  const std::int64_t plane = layout.extents.positions(), channels = layout.extents.c;
  parallel_for(layout.batch * channels, layout.elements() * 2, [&](std::int64_t i) {
    const Element* from = in + i / channels * plane * layout.padded + i % channels;
    for (std::int64_t p = 0; p < plane; ++p) ncthw[i * plane + p] = convert(from[p * layout.padded]);
  });
}

}  // namespace

void to_plain(const void* in, const Layout& layout, float* ncthw) {
  if (layout.type == ElementType::f32)
    return columns_to_plain(static_cast<const float*>(in), layout, ncthw, [](float x) { return x; });
  columns_to_plain(static_cast<const std::uint16_t*>(in), layout, ncthw,
                   [](std::uint16_t x) { return std::bit_cast<float>(std::uint32_t{x} << 16U); });
}

}  // namespace actionflow::kernels
