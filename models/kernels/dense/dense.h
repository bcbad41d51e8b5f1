// Dense products.
#pragma once

#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

// rows × depth times a matrix, plus bias. Each output is summed in one fixed order, whatever the number of
// rows and threads.
class Product {
 public:
  // `weights`: units × depth; `bias`: units, or empty. Results have padded_channels(units) columns.
  Product(const std::vector<float>& weights, const std::vector<float>& bias, std::int64_t units,
          std::int64_t depth);

  std::int64_t columns() const { return padded_channels(units_); }
  std::size_t bytes() const { return (weights_.size() + bias_.size()) * sizeof(float); }
  // With `add`, to what `out` holds.
  void run(const float* in, std::int64_t in_stride, std::int64_t rows, float* out, std::int64_t out_stride,
           bool add = false) const;
  // The same on the calling thread alone.
  void run_alone(const float* in, std::int64_t in_stride, std::int64_t rows, float* out,
                 std::int64_t out_stride, bool add = false) const;

 private:
  void multiply(const float* in, std::int64_t in_stride, std::int64_t rows, std::int64_t first,
                std::int64_t panels, float* out, std::int64_t out_stride, bool add) const;

  std::int64_t units_, depth_;
  std::vector<float> weights_;  // panels of depth × 16
  std::vector<float> bias_;     // padded, or empty
};

struct DenseProblem {
  Layout in, out;
  std::vector<float> kernel;  // units × in.extents.c
  std::vector<float> bias;    // units, or empty
  std::vector<PostOperation> post_operations;
};
// Whether a product is added to what its result's place holds, and the post-operations that are left then.
bool adds_at_once(const std::vector<PostOperation>& operations);
std::vector<PostOperation> behind_sum(const std::vector<PostOperation>& operations);

// Null where something is to be added in place behind another post-operation.
std::unique_ptr<Kernel> make_dense(const DenseProblem& problem);

}  // namespace actionflow::kernels
