#include "models/training/optimizer/optimizer_loops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace actionflow::training {
namespace {

constexpr std::size_t kLanes = 8;

double sum_of_squares(const float* values, std::size_t count) {
  std::array<double, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double value = values[i + lane];
      sums[lane] += value * value;
    }
  }
  for (; i < count; ++i) sums[0] += double{values[i]} * double{values[i]};
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

std::vector<Stretch> stretches_of(std::span<const std::size_t> sizes) {
  std::vector<Stretch> stretches;
  for (std::size_t p = 0; p < sizes.size(); ++p) {
    for (std::size_t begin = 0; begin < sizes[p]; begin += kStretchElements) {
      stretches.push_back({p, begin, std::min(kStretchElements, sizes[p] - begin)});
    }
  }
  return stretches;
}

std::vector<Stretch> stretches_of(std::span<const TrainedParameter> parameters) {
  std::vector<std::size_t> sizes;
  sizes.reserve(parameters.size());
  for (const TrainedParameter& parameter : parameters) sizes.push_back(parameter.value.size());
  return stretches_of(sizes);
}

double gradient_norm(std::span<const TrainedParameter> parameters) {
  const std::vector<Stretch> stretches = stretches_of(parameters);
  std::vector<double> sums(stretches.size());
  for_each_stretch(stretches, [&](const Stretch& at) {
    sums[static_cast<std::size_t>(&at - stretches.data())] =
        sum_of_squares(parameters[at.parameter].gradient.data() + at.begin, at.count);
  });
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

void scale_gradients(std::span<const TrainedParameter> parameters, float scale) {
  for_each_stretch(parameters, [&](const Stretch& at) {
    float* gradient = parameters[at.parameter].gradient.data() + at.begin;
    for (std::size_t i = 0; i < at.count; ++i) gradient[i] *= scale;
  });
}

void sgd_step(const SgdStep& step, const float* gradient, float* velocity, float* value, std::size_t count) {
  if (velocity == nullptr) {
    for (std::size_t i = 0; i < count; ++i) value[i] -= step.rate * (gradient[i] + step.decay * value[i]);
    return;
  }
  const float ahead = step.nesterov ? 1.0F : 0.0F, share = step.nesterov ? step.momentum : 1.0F;
  for (std::size_t i = 0; i < count; ++i) {
    const float slope = gradient[i] + step.decay * value[i];
    velocity[i] = step.momentum * velocity[i] + slope;
    value[i] -= step.rate * (ahead * slope + share * velocity[i]);
  }
}

void adam_step(const AdamStep& step, const float* gradient, float* first, float* second, float* value,
               std::size_t count) {
  constexpr std::size_t kBlock = 1024;
  std::array<float, kBlock> roots{};
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t n = std::min(kBlock, count - begin);
    const float* g = gradient + begin;
    float *m = first + begin, *v = second + begin, *w = value + begin;
    for (std::size_t i = 0; i < n; ++i) {
      m[i] = step.beta1 * m[i] + step.rest1 * g[i];
      v[i] = step.beta2 * v[i] + step.rest2 * (g[i] * g[i]);
      roots[i] = v[i];
    }
    for (std::size_t i = 0; i < n; ++i) roots[i] = std::sqrt(roots[i]);
    for (std::size_t i = 0; i < n; ++i) {
      w[i] = step.keep * w[i] - step.rate * m[i] / (roots[i] * step.inverse_root + step.epsilon);
    }
  }
}

}  // namespace actionflow::training
