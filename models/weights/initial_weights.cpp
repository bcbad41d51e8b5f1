#include "models/weights/initial_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace actionflow {
namespace {

// Values that come in and go out of one unit, for kernels O×I and O×I×T×H×W.
struct Fans {
  double in = 1, out = 1;
};

Fans fans_of(const Shape& shape) {
  Fans fans;
  if (shape.size() < 2) {
    fans.in = fans.out = static_cast<double>(element_count(shape));
    return fans;
  }
  double positions = 1;
  for (std::size_t axis = 2; axis < shape.size(); ++axis) positions *= static_cast<double>(shape[axis]);
  fans.out = static_cast<double>(shape[0]) * positions;
  fans.in = static_cast<double>(shape[1]) * positions;
  return fans;
}

void fill_glorot_uniform(Tensor& tensor, Random& random) {
  const Fans fans = fans_of(tensor.shape());
  const double limit = std::sqrt(6.0 / (fans.in + fans.out));
  for (float& value : tensor.values()) value = static_cast<float>(random.uniform(-limit, limit));
}

// Normal, cut off at two standard deviations.
void fill_normal(Tensor& tensor, Random& random, double deviation) {
  for (float& value : tensor.values()) {
    double normal = random.normal();
    while (std::abs(normal) > 2) normal = random.normal();
    value = static_cast<float>(normal * deviation);
  }
}

// Widened so that the variance is 2/fan_in.
void fill_he_normal(Tensor& tensor, Random& random) {
  constexpr double kCutDeviation = 0.87962566103423978;  // of a standard normal cut off at 2
  fill_normal(tensor, random, std::sqrt(2.0 / fans_of(tensor.shape()).in) / kCutDeviation);
}

double dot(const double* a, const double* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// Gram and Schmidt's process on random vectors, twice a vector, which is enough in doubles.
std::vector<double> orthonormal_vectors(std::size_t count, std::size_t length, Random& random) {
  std::vector<double> vectors(count * length);
  for (double& value : vectors) value = random.normal();
  for (std::size_t i = 0; i < count; ++i) {
    double* vector = &vectors[i * length];
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < i; ++j) {
        const double* other = &vectors[j * length];
        const double share = dot(vector, other, length);
        for (std::size_t k = 0; k < length; ++k) vector[k] -= share * other[k];
      }
    }
    const double norm = std::sqrt(dot(vector, vector, length));
    for (std::size_t k = 0; k < length; ++k) vector[k] /= norm;
  }
  return vectors;
}

// Columns, or rows where these are fewer, are orthonormal.
void fill_orthogonal(Tensor& tensor, Random& random) {
  const auto rows = static_cast<std::size_t>(tensor.dim(0)),
             columns = static_cast<std::size_t>(tensor.size()) / rows;
  const bool tall = rows >= columns;
  const std::size_t length = std::max(rows, columns);
  const std::vector<double> vectors = orthonormal_vectors(std::min(rows, columns), length, random);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const double value = tall ? vectors[column * length + row] : vectors[row * length + column];
      tensor[static_cast<std::int64_t>(row * columns + column)] = static_cast<float>(value);
    }
  }
}

// Gates are i, f, c, o: the second quarter lets the state stay.
void fill_forget_bias(Tensor& tensor) {
  const std::int64_t units = tensor.size() / 4;
  std::fill(tensor.data() + units, tensor.data() + 2 * units, 1.0F);
}

Tensor initial_tensor(const Parameter& parameter, std::uint64_t seed) {
  Tensor tensor(parameter.shape);
  if (tensor.empty()) return tensor;
  Random random(seed, fmt::format("initial weights: {}", parameter.name));
  switch (parameter.initializer) {
    case Initializer::glorot_uniform:
      fill_glorot_uniform(tensor, random);
      break;
    case Initializer::he_normal:
      fill_he_normal(tensor, random);
      break;
    case Initializer::orthogonal:
      fill_orthogonal(tensor, random);
      break;
    case Initializer::zeros:
      break;
    case Initializer::ones:
      std::fill(tensor.values().begin(), tensor.values().end(), 1.0F);
      break;
    case Initializer::forget_bias:
      fill_forget_bias(tensor);
      break;
    case Initializer::small_normal:
      fill_normal(tensor, random, 0.02);
      break;
  }
  return tensor;
}

}  // namespace

Weights initial_weights(const Architecture& architecture, std::uint64_t seed) {
  Weights weights;
  for (const LayerInfo& layer : architecture.layers) {
    for (const Parameter& parameter : layer.parameters) {
      weights.tensors.emplace(parameter.name, initial_tensor(parameter, seed));
    }
  }
  return weights;
}

}  // namespace actionflow
