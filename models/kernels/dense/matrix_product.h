// Products of plain row-major matrices, each with its own distance between rows: what dense and recurrent
// layers train by.
//
//   C = A·B, C += A·B, C = relu(A·B + bias)
//
// A is rows × depth, B depth × columns, C rows × columns; a transposed A lies as depth × rows, a transposed B
// as columns × depth. A and B are of one type; C is f32 or that type. Immutable, from any thread; inside, the
// OpenMP threads of the calling one. The same operands and threads give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "models/kernels/layout.h"

namespace actionflow::training {

struct MatrixProblem {
  std::int64_t rows = 0, columns = 0, depth = 0;
  bool a_transposed = false, b_transposed = false;
  std::int64_t a_stride = 0, b_stride = 0, c_stride = 0;  // elements from one row in memory to the next
  kernels::ElementType type = kernels::ElementType::f32;  // of A and B
  kernels::ElementType result = kernels::ElementType::f32;
  bool add = false;  // to C as it stands; with neither bias nor relu
  bool bias = false, relu = false;
};

class MatrixProduct {
 public:
  // ModelError where this processor has no such product (bf16 without AVX-512, f32 into bf16).
  explicit MatrixProduct(const MatrixProblem& problem);

  std::string implementation() const;
  std::size_t scratch_bytes() const;  // 64-byte aligned; shared by products that run one after another
  // `bias`: one f32 a column.
  void run(const void* a, const void* b, void* c, void* scratch, const float* bias = nullptr) const;

 private:
  struct Primitive;

  void run_f32(const float* a, const float* b, float* c, const float* bias) const;

  MatrixProblem problem_;
  std::shared_ptr<const Primitive> primitive_;  // bf16 only
};

}  // namespace actionflow::training
