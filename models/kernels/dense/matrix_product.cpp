#include "models/kernels/dense/matrix_product.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "models/kernels/convolution/onednn_geometry.h"
#include "models/kernels/onednn.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::training {

using dnnl::memory;
using kernels::ElementType;

struct MatrixProduct::Primitive {
  dnnl::matmul::primitive_desc desc;
  dnnl::matmul matmul;
  memory::desc bias;
};

namespace {

memory::desc matrix(std::int64_t rows, std::int64_t columns, bool transposed, std::int64_t stride,
                    ElementType type) {
  const onednn::Dims strides = transposed ? onednn::Dims{1, stride} : onednn::Dims{stride, 1};
  return {{rows, columns}, kernels::data_type(type), strides};
}

memory view(const memory::desc& desc, const void* data) {
  return {desc, onednn::cpu(), const_cast<void*>(data)};
}

}  // namespace

MatrixProduct::MatrixProduct(const MatrixProblem& problem) : problem_(problem) {
  const MatrixProblem& p = problem_;
  if (p.type == ElementType::f32) {
    if (p.result != ElementType::f32) throw ModelError("no product of f32 matrices gives bf16");
    return;
  }
  dnnl::post_ops operations;
  if (p.add) operations.append_sum(1.0F);
  if (p.relu) onednn::append_eltwise(operations, dnnl::algorithm::eltwise_relu);
  const memory::desc bias =
      p.bias ? memory::desc({1, p.columns}, memory::data_type::f32, onednn::Dims{p.columns, 1})
             : memory::desc();
  try {
    const auto desc = onednn::matmul({matrix(p.rows, p.depth, p.a_transposed, p.a_stride, p.type),
                                      matrix(p.depth, p.columns, p.b_transposed, p.b_stride, p.type), bias,
                                      matrix(p.rows, p.columns, false, p.c_stride, p.result)},
                                     onednn::attributes(operations));
    primitive_ = std::make_shared<Primitive>(Primitive{desc, dnnl::matmul(desc), bias});
  } catch (const dnnl::error& error) {
    throw ModelError(fmt::format("this processor has no bf16 product of {}×{} by {}×{} matrices: {}", p.rows,
                                 p.depth, p.depth, p.columns, error.what()));
  }
}

std::string MatrixProduct::implementation() const {
  return primitive_ == nullptr ? "sgemm" : primitive_->desc.impl_info_str();
}

std::size_t MatrixProduct::scratch_bytes() const {
  return primitive_ == nullptr ? 0 : primitive_->desc.scratchpad_desc().get_size();
}

void MatrixProduct::run(const void* a, const void* b, void* c, void* scratch, const float* bias) const {
  if (primitive_ == nullptr) {
    return run_f32(static_cast<const float*>(a), static_cast<const float*>(b), static_cast<float*>(c), bias);
  }
  const auto& desc = primitive_->desc;
  dnnl::stream stream(onednn::cpu());
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, view(desc.src_desc(), a)},
                                            {DNNL_ARG_WEIGHTS, view(desc.weights_desc(), b)},
                                            {DNNL_ARG_DST, view(desc.dst_desc(), c)},
                                            {DNNL_ARG_SCRATCHPAD, view(desc.scratchpad_desc(), scratch)}};
  if (problem_.bias) arguments.emplace(DNNL_ARG_BIAS, view(primitive_->bias, bias));
  primitive_->matmul.execute(stream, arguments);
  stream.wait();
}

void MatrixProduct::run_f32(const float* a, const float* b, float* c, const float* bias) const {
  const MatrixProblem& p = problem_;
  const auto each_row = [&](auto&& body) {
    kernels::parallel_for(p.rows, p.rows * p.columns, [&](std::int64_t row) { body(c + row * p.c_stride); });
  };
  // The product adds to the bias, where there is one: it has no bias of its own.
  if (p.bias) each_row([&](float* row) { std::copy_n(bias, p.columns, row); });
  const float beta = p.add || p.bias ? 1.0F : 0.0F;
  onednn::sgemm(p.a_transposed ? 'T' : 'N', p.b_transposed ? 'T' : 'N', p.rows, p.columns, p.depth, 1.0F, a,
                p.a_stride, b, p.b_stride, beta, c, p.c_stride);
  if (p.relu) {
    each_row([&](float* row) {
      kernels::vector_kernels().activate({.kind = ActivationKind::relu}, row, row, p.columns);
    });
  }
}

}  // namespace actionflow::training
