// The logistic function and its logarithm, without overflow; NaN where x is.
#pragma once

#include <algorithm>
#include <cmath>

namespace actionflow {

inline double logistic(double x) {
  const double e = std::exp(-std::abs(x));
  return (x >= 0 ? 1.0 : e) / (1.0 + e);
}

// log(1 + eˣ) = −log(1 − logistic(x)).
inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace actionflow
