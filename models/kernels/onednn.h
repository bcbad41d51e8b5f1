// oneDNN 2.6 and 3.x behind one face: this file alone knows the difference.
//
// Everything uses user scratchpads: in oneDNN's default mode a primitive that runs on another thread
// than its maker's can crash.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/machine/processor.h"

namespace actionflow::onednn {

using Dims = dnnl::memory::dims;

// Holds oneDNN to ACTIONFLOW_ISA. It must not have made a primitive yet: it looks at its limit once.
inline void limit_instructions() {
  const Isa most = most_allowed_isa();
  if (most == Isa::avx512) return;
  const auto limit = most >= Isa::avx2 ? dnnl::cpu_isa::avx2 : dnnl::cpu_isa::sse41;
  if (dnnl::set_max_cpu_isa(limit) != dnnl::status::success)
    throw UsageError("ACTIONFLOW_ISA is set, but this oneDNN cannot be held to an instruction set");
}

inline const dnnl::engine& cpu() {
  static const dnnl::engine engine = [] {
    limit_instructions();
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return engine;
}

inline dnnl::primitive_attr attributes(const dnnl::post_ops& post_operations) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attr.set_post_ops(post_operations);
  return attr;
}

// Of a product of integers: one scale an output, for Σ integers. From 3.x on they are an argument of each
// run.
inline void set_product_scales(dnnl::primitive_attr& attr, const std::vector<float>& scales) {
#if DNNL_VERSION_MAJOR >= 3
  attr.set_scales_mask(DNNL_ARG_WEIGHTS, 1 << 0);
  static_cast<void>(scales);
#else
  attr.set_output_scales(1 << 1, scales);
#endif
}
inline constexpr bool kScalesAreArguments = DNNL_VERSION_MAJOR >= 3;
#if DNNL_VERSION_MAJOR >= 3
inline constexpr int kScalesArgument = DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS;
#else
inline constexpr int kScalesArgument = 0;
#endif
// Whether the bias is added before the scales are.
inline constexpr bool kScalesBias = DNNL_VERSION_MAJOR < 3;

inline void append_sum(dnnl::post_ops& ops, float scale, dnnl::memory::data_type type) {
  ops.append_sum(scale, 0, type);
}

inline void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha = 0, float beta = 0) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(algorithm, alpha, beta);
#else
  ops.append_eltwise(1.0F, algorithm, alpha, beta);
#endif
}

// Whether elementwise post-operations of one algorithm differ in their parameters: oneDNN 2.6 then gives all
// of them those of the first.
inline bool mixes_eltwise(const dnnl::post_ops& ops) {
  struct Eltwise {
    dnnl::algorithm algorithm{};
    float alpha = 0, beta = 0;
  };
  const auto eltwise = [&](int i) {
    Eltwise own;
#if DNNL_VERSION_MAJOR >= 3
    ops.get_params_eltwise(i, own.algorithm, own.alpha, own.beta);
#else
    float scale = 1;
    ops.get_params_eltwise(i, scale, own.algorithm, own.alpha, own.beta);
#endif
    return own;
  };
  for (int i = 0; i < ops.len(); ++i)
    for (int j = 0; j < i; ++j) {
      if (ops.kind(i) != dnnl::primitive::kind::eltwise || ops.kind(j) != dnnl::primitive::kind::eltwise)
        continue;
      const Eltwise a = eltwise(i), b = eltwise(j);
      if (a.algorithm == b.algorithm && (a.alpha != b.alpha || a.beta != b.beta)) return true;
    }
  return false;
}

// False on processors without AVX, where oneDNN 2.6 gives wrong sums after a binary post-operation.
inline bool fuses_binary() {
  cpu();
  return dnnl::get_effective_cpu_isa() != dnnl::cpu_isa::sse41;
}

// x·clip(x/6 + 0.5, 0, 1)
inline void append_hard_swish(dnnl::post_ops& ops) {
#if DNNL_VERSION_MAJOR >= 3
  append_eltwise(ops, dnnl::algorithm::eltwise_hardswish, 1.0F / 6.0F, 0.5F);
#else
  append_eltwise(ops, dnnl::algorithm::eltwise_hardswish);
#endif
}

struct ConvolutionDescription {
  dnnl::memory::desc source, weights, bias, destination;  // bias may be empty
  Dims strides, dilations;                                // dilation 0: an ordinary kernel
  Dims pad_begin, pad_end;
};

// Throws dnnl::error where oneDNN has no implementation. `purpose`: forward_inference or forward_training.
inline dnnl::convolution_forward::primitive_desc convolution_forward(const ConvolutionDescription& d,
                                                                     dnnl::prop_kind purpose,
                                                                     const dnnl::primitive_attr& attr) {
  const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(),         purpose,   algorithm,   d.source,    d.weights, d.bias,
          d.destination, d.strides, d.dilations, d.pad_begin, d.pad_end, attr};
#else
  return {{purpose, algorithm, d.source, d.weights, d.bias, d.destination, d.strides, d.dilations,
           d.pad_begin, d.pad_end},
          attr,
          cpu()};
#endif
}

// The two backward passes take the forward one's, made for training, as a hint; weights, gradients of weights
// and bias are theirs to lay out.
inline dnnl::convolution_backward_data::primitive_desc convolution_backward_data(
    const ConvolutionDescription& d, const dnnl::convolution_forward::primitive_desc& forward) {
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::primitive_attr attr = attributes({});
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(),       algorithm,   d.source,  d.weights, d.destination, d.strides,
          d.dilations, d.pad_begin, d.pad_end, forward,   attr};
#else
  return {{algorithm, d.source, d.weights, d.destination, d.strides, d.dilations, d.pad_begin, d.pad_end},
          attr,
          cpu(),
          forward};
#endif
}

inline dnnl::convolution_backward_weights::primitive_desc convolution_backward_weights(
    const ConvolutionDescription& d, const dnnl::convolution_forward::primitive_desc& forward) {
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::primitive_attr attr = attributes({});
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(),     algorithm,   d.source,    d.weights, d.bias,  d.destination,
          d.strides, d.dilations, d.pad_begin, d.pad_end, forward, attr};
#else
  return {
      {algorithm, d.source, d.weights, d.bias, d.destination, d.strides, d.dilations, d.pad_begin, d.pad_end},
      attr,
      cpu(),
      forward};
#endif
}

// dnnl::sgemm, the one call that needs no engine.
template <class... Arguments>
void sgemm(Arguments... arguments) {
  cpu();
  const dnnl::status status = dnnl::sgemm(arguments...);
  dnnl::error::wrap_c_api(static_cast<dnnl_status_t>(status), "could not multiply matrices");
}

struct MatmulDescription {
  dnnl::memory::desc source, weights, bias, destination;  // bias may be empty
};

// Throws dnnl::error where oneDNN has no implementation.
inline dnnl::matmul::primitive_desc matmul(const MatmulDescription& d, const dnnl::primitive_attr& attr) {
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), d.source, d.weights, d.bias, d.destination, attr};
#else
  return {{d.source, d.weights, d.bias, d.destination}, attr, cpu()};
#endif
}

}  // namespace actionflow::onednn
