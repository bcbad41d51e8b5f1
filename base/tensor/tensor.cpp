#include "base/tensor/tensor.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

namespace actionflow {

std::int64_t element_count(const Shape& shape) {
  std::int64_t n = 1;
  for (std::int64_t extent : shape) {
    if (extent < 0) throw std::length_error("negative extent in shape " + to_string(shape));
    if (__builtin_mul_overflow(n, extent, &n)) {
      throw std::length_error("shape " + to_string(shape) + " is too large");
    }
  }
  return n;
}

std::string to_string(const Shape& shape) {
  std::string text;
  for (std::int64_t extent : shape) {
    if (!text.empty()) text += "×";
    text += std::to_string(extent);
  }
  return text.empty() ? "scalar" : text;
}

Tensor::Tensor(Shape shape) : shape_(std::move(shape)), size_(element_count(shape_)) {
  constexpr std::size_t kAlignment = 64;
  constexpr std::size_t kMost = std::numeric_limits<std::int64_t>::max() / sizeof(float) - kAlignment;
  if (static_cast<std::size_t>(size_) > kMost) {
    throw std::length_error("shape " + to_string(shape_) + " is too large");
  }
  if (size_ == 0) return;
  const std::size_t bytes = static_cast<std::size_t>(size_) * sizeof(float);
  const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  data_.reset(static_cast<float*>(std::aligned_alloc(kAlignment, rounded)));
  if (!data_) throw std::bad_alloc();
  std::memset(data_.get(), 0, rounded);
}

Tensor::Tensor(Shape shape, std::span<const float> values) : Tensor(std::move(shape)) {
  if (static_cast<std::int64_t>(values.size()) != size_) {
    throw std::invalid_argument("shape " + to_string(shape_) + " needs " + std::to_string(size_) +
                                " values, got " + std::to_string(values.size()));
  }
  std::copy(values.begin(), values.end(), data());
}

Tensor::Tensor(const Tensor& other) : Tensor(other.shape_) {
  std::copy(other.values().begin(), other.values().end(), data());
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this != &other) *this = Tensor(other);
  return *this;
}

Tensor Tensor::reshaped(Shape shape) && {
  if (element_count(shape) != size_) {
    throw std::invalid_argument("cannot reshape " + to_string(shape_) + " to " + to_string(shape));
  }
  shape_ = std::move(shape);
  return std::move(*this);
}

Tensor Tensor::permuted(const std::vector<int>& order) const {
  const std::size_t rank = shape_.size();
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < std::max(rank, sorted.size()); ++i) {
    if (sorted.size() != rank || sorted[i] != static_cast<int>(i)) {
      throw std::invalid_argument("not an order of the axes of " + to_string(shape_));
    }
  }
  std::vector<std::int64_t> strides(rank, 1);
  for (std::size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * shape_[i];
  Shape shape(rank);
  std::vector<std::int64_t> step(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    shape[i] = shape_.at(static_cast<std::size_t>(order[i]));
    step[i] = strides[static_cast<std::size_t>(order[i])];
  }
  Tensor out(shape);
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t from = 0;
  for (std::int64_t to = 0; to < size_; ++to) {
    out[to] = data_[static_cast<std::size_t>(from)];
    for (std::size_t axis = rank; axis-- > 0;) {
      from += step[axis];
      if (++index[axis] < shape[axis]) break;
      from -= step[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

}  // namespace actionflow
