// Plain dense float32 memory with a shape: row-major, 64-byte aligned, owned.
//
// It knows nothing of kernels. Activations in a plan have layouts of their own (see models/plan/plan.h);
// a Tensor is what stands at the borders: weights, inputs and outputs of a network, .npy files.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace actionflow {

using Shape = std::vector<std::int64_t>;

// Number of elements; 1 for a scalar's empty shape. Requires no negative extent.
std::int64_t element_count(const Shape& shape);

// "3×10×64×64"
std::string to_string(const Shape& shape);

class Tensor {
 public:
  Tensor() = default;
  // Zero-filled. Throws std::length_error when the shape's size does not fit in memory arithmetic.
  explicit Tensor(Shape shape);
  Tensor(Shape shape, std::span<const float> values);

  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor& other);
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;

  const Shape& shape() const noexcept { return shape_; }
  std::int64_t dim(int axis) const { return shape_.at(static_cast<std::size_t>(axis)); }
  std::int64_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  float* data() noexcept { return data_.get(); }
  const float* data() const noexcept { return data_.get(); }
  std::span<float> values() noexcept { return {data(), static_cast<std::size_t>(size_)}; }
  std::span<const float> values() const noexcept { return {data(), static_cast<std::size_t>(size_)}; }
  float& operator[](std::int64_t i) noexcept { return data_.get()[i]; }
  float operator[](std::int64_t i) const noexcept { return data_.get()[i]; }

  // The same values under another shape of the same size.
  Tensor reshaped(Shape shape) &&;

  // Axis i of the result is axis order[i] of this tensor.
  Tensor permuted(const std::vector<int>& order) const;

 private:
  struct Free {
    void operator()(float* p) const noexcept { std::free(p); }
  };
  Shape shape_;
  std::int64_t size_ = 0;
  std::unique_ptr<float[], Free> data_;
};

}  // namespace actionflow
