#include "models/kernels/indirect/sources.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace actionflow::kernels::indirect {
namespace {

constexpr std::size_t kMostPositions = 16;

}  // namespace

Sources::Sources(const Convolution& operation, const Layout& in, const Layout& out,
                 std::int64_t element_bytes, std::uint8_t outside)
    : operation_(operation),
      in_(in),
      out_(out),
      position_bytes_(in.padded * element_bytes),
      outside_(static_cast<std::size_t>(in.padded)),
      leaves_out_(outside == 0) {
  std::memset(outside_.data(), outside, outside_.size() * sizeof(float));
}

Sources::Place Sources::place(const void* input, std::int64_t position) const {
  const Extents& e = out_.extents;
  const std::int64_t w = position % e.w, rows = position / e.w, h = rows % e.h, frames = rows / e.h;
  const auto first = [&](std::size_t axis, std::int64_t i) {
    return i * operation_.stride[axis] - operation_.pad_begin[axis];
  };
  return {static_cast<const std::byte*>(input) + frames / e.t * in_.extents.positions() * position_bytes_,
          {first(0, frames % e.t), first(1, h), first(2, w)}};
}

// Null outside.
const void* Sources::source(const Place& place, const Axes& tap) const {
  const Extents& e = in_.extents;
  const auto along = [&](std::size_t axis) {
    return place.first[axis] + std::int64_t{tap[axis]} * operation_.dilation[axis];
  };
  const std::int64_t t = along(0), h = along(1), w = along(2);
  const bool inside = t >= 0 && t < e.t && h >= 0 && h < e.h && w >= 0 && w < e.w;
  return inside ? place.clip + ((t * e.h + h) * e.w + w) * position_bytes_ : nullptr;
}

void Sources::find(const void* input, std::int64_t first, std::int64_t count, const void** pointers) const {
  std::array<Place, kMostPositions> places;
  for (std::int64_t i = 0; i < count; ++i) places[static_cast<std::size_t>(i)] = place(input, first + i);
  const Axes& k = operation_.kernel;
  for (Axes tap{0, 0, 0}; tap[0] < k[0]; ++tap[0])
    for (tap[1] = 0; tap[1] < k[1]; ++tap[1])
      for (tap[2] = 0; tap[2] < k[2]; ++tap[2], pointers += count) {
        bool any = false;
        for (std::int64_t i = 0; i < count; ++i) {
          const void* found = source(places[static_cast<std::size_t>(i)], tap);
          any = any || found != nullptr;
          pointers[i] = found != nullptr ? found : outside_.data();
        }
        if (!any && leaves_out_) pointers[0] = nullptr;
      }
}

}  // namespace actionflow::kernels::indirect
