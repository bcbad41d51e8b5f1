#include "models/formats/names/time_change.h"

#include <algorithm>

namespace actionflow {
namespace {

constexpr std::size_t kTimeAxis = 2, kKernelAxes = 5;

bool to_clips(TimeChange change) { return change == TimeChange::repeated || change == TimeChange::centered; }

// Whether `whole` has several steps of time, of which `flat` has one, or no axis.
bool lacks_time(const Shape& flat, const Shape& whole) {
  if (whole.size() != kKernelAxes || whole[kTimeAxis] == 1) return false;
  Shape without = whole, still = whole;
  without.erase(without.begin() + kTimeAxis);
  still[kTimeAxis] = 1;
  return flat == without || flat == still;
}

// body(flat row, whole row, step): rows of a picture each.
template <class Body>
void each_picture(const Shape& whole, Body body) {
  const std::int64_t kernels = whole[0] * whole[1], steps = whole[kTimeAxis], picture = whole[3] * whole[4];
  for (std::int64_t i = 0; i < kernels; ++i)
    for (std::int64_t step = 0; step < steps; ++step) body(i * picture, (i * steps + step) * picture, step);
}

Tensor for_clips(const Tensor& flat, const Shape& shape, bool centered) {
  Tensor whole(shape);
  const std::int64_t steps = shape[kTimeAxis], middle = (steps - 1) / 2, picture = shape[3] * shape[4];
  each_picture(shape, [&](std::int64_t from, std::int64_t to, std::int64_t step) {
    const float share = !centered ? 1 / static_cast<float>(steps) : step == middle ? 1.0F : 0.0F;
    for (std::int64_t i = 0; i < picture; ++i) whole[to + i] = flat[from + i] * share;
  });
  return whole;
}

Tensor for_pictures(const Tensor& whole, const Shape& shape, bool middle_alone) {
  Tensor flat(shape);
  const Shape& from_shape = whole.shape();
  const std::int64_t middle = (from_shape[kTimeAxis] - 1) / 2, picture = from_shape[3] * from_shape[4];
  each_picture(from_shape, [&](std::int64_t to, std::int64_t from, std::int64_t step) {
    if (middle_alone && step != middle) return;
    for (std::int64_t i = 0; i < picture; ++i) flat[to + i] += whole[from + i];
  });
  return flat;
}

}  // namespace

bool differs_in_time(const Shape& from, const Shape& to, TimeChange change) {
  return to_clips(change) ? lacks_time(from, to) : lacks_time(to, from);
}

Tensor changed_in_time(const Tensor& from, const Shape& to, TimeChange change) {
  return to_clips(change) ? for_clips(from, to, change == TimeChange::centered)
                          : for_pictures(from, to, change == TimeChange::middle);
}

}  // namespace actionflow
