#include "models/kernels/elementwise/post_operations.h"

#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {

RowPostOperations::RowPostOperations(const std::vector<PostOperation>& operations, std::int64_t padded)
    : operations_(operations), padded_(padded) {
  for (PostOperation& operation : operations_)
    if (auto* affine = std::get_if<ScaleShift>(&operation)) {
      affine->scale = with_padding(affine->scale, padded);
      affine->shift = with_padding(affine->shift, padded);
    }
}

void RowPostOperations::apply(const Arguments& arguments, const void* source, std::int64_t first_row,
                              std::int64_t count) const {
  const VectorKernels& vectors = vector_kernels();
  const std::int64_t begin = first_row * padded_, n = count * padded_;
  float* out = static_cast<float*>(arguments.output) + begin;
  const float* in = static_cast<const float*>(source) + begin;
  for (const PostOperation& operation : operations_) {
    if (const auto* activation = std::get_if<Activation>(&operation)) {
      vectors.activate(*activation, in, out, n);
    } else if (const auto* affine = std::get_if<ScaleShift>(&operation)) {
      vectors.scale_shift(in, affine->scale.data(), affine->shift.data(), out, count, padded_);
    } else {
      const auto input = static_cast<std::size_t>(std::get<AddInput>(operation).input);
      const float* other = static_cast<const float*>(arguments.inputs[input]) + begin;
      vectors.binary(Elementwise::Kind::add, 1, in, 1, other, 1, out, n);
    }
    in = out;
  }
}

}  // namespace actionflow::kernels
