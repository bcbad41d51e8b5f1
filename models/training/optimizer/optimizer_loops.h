// The optimisers' loops over parameters' elements, and how these are shared out among threads.
//
// Parameters are cut into stretches of equal length that do not depend on the number of threads, so sums
// over them are the same whatever that is. Used by optimizer.cpp and average.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/kernels/parallel.h"
#include "models/training/optimizer/optimizer.h"

namespace actionflow::training {

// Elements [begin, begin + count) of one parameter.
struct Stretch {
  std::size_t parameter = 0;
  std::size_t begin = 0, count = 0;
};

inline constexpr std::size_t kStretchElements = 1 << 14;

// `sizes`: elements of each parameter.
std::vector<Stretch> stretches_of(std::span<const std::size_t> sizes);
std::vector<Stretch> stretches_of(std::span<const TrainedParameter> parameters);

// body(stretch) for all of them, by the calling thread's OpenMP threads.
template <class F>
void for_each_stretch(const std::vector<Stretch>& stretches, F&& body) {
  const auto count = static_cast<std::int64_t>(stretches.size());
  kernels::parallel_for(count, count * static_cast<std::int64_t>(kStretchElements),
                        [&](std::int64_t i) { body(stretches[static_cast<std::size_t>(i)]); });
}
template <class F>
void for_each_stretch(std::span<const TrainedParameter> parameters, F&& body) {
  for_each_stretch(stretches_of(parameters), body);
}

// Euclidean norm of all gradients together.
double gradient_norm(std::span<const TrainedParameter> parameters);
void scale_gradients(std::span<const TrainedParameter> parameters, float scale);

struct SgdStep {
  float rate = 0, momentum = 0, decay = 0;
  bool nesterov = false;
};
// `velocity` is null where there is no momentum.
void sgd_step(const SgdStep& step, const float* gradient, float* velocity, float* value, std::size_t count);

struct AdamStep {
  float rate = 0;                                    // over the first moment's correction
  float keep = 1;                                    // 1 − rate·decay
  float beta1 = 0, beta2 = 0, rest1 = 0, rest2 = 0;  // rest: 1 − beta, rounded once
  float inverse_root = 1;                            // one over the root of the second moment's correction
  float epsilon = 0;
};
void adam_step(const AdamStep& step, const float* gradient, float* first, float* second, float* value,
               std::size_t count);

}  // namespace actionflow::training
