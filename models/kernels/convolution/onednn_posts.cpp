#include "models/kernels/convolution/onednn_posts.h"

#include <cstring>

namespace actionflow::kernels {
namespace {

using dnnl::memory;

void append(dnnl::post_ops& ops, const Activation& activation) {
  using dnnl::algorithm;
  switch (activation.kind) {
    case ActivationKind::relu:
      return onednn::append_eltwise(ops, algorithm::eltwise_relu);
    case ActivationKind::leaky_relu:
      return onednn::append_eltwise(ops, algorithm::eltwise_relu, activation.slope);
    case ActivationKind::clip:
      return onednn::append_eltwise(ops, algorithm::eltwise_clip, activation.low, activation.high);
    case ActivationKind::elu:
      return onednn::append_eltwise(ops, algorithm::eltwise_elu, activation.alpha);
    case ActivationKind::selu:
      onednn::append_eltwise(ops, algorithm::eltwise_elu, 1.67326324F);
      return onednn::append_eltwise(ops, algorithm::eltwise_linear, 1.05070099F, 0);
    case ActivationKind::softplus:
      return onednn::append_eltwise(ops, algorithm::eltwise_soft_relu, 1);
    case ActivationKind::exponential:
      return onednn::append_eltwise(ops, algorithm::eltwise_exp);
    case ActivationKind::mish:
      return onednn::append_eltwise(ops, algorithm::eltwise_mish);
    case ActivationKind::sigmoid:
      return onednn::append_eltwise(ops, algorithm::eltwise_logistic);
    case ActivationKind::hard_sigmoid:
      onednn::append_eltwise(ops, algorithm::eltwise_linear, activation.slope, 0.5F);
      return onednn::append_eltwise(ops, algorithm::eltwise_clip, 0, 1);
    case ActivationKind::tanh:
      return onednn::append_eltwise(ops, algorithm::eltwise_tanh);
    case ActivationKind::silu:
      return onednn::append_eltwise(ops, algorithm::eltwise_swish, 1);
    case ActivationKind::hard_swish:
      return onednn::append_hard_swish(ops);
    case ActivationKind::gelu:
      return onednn::append_eltwise(ops, algorithm::eltwise_gelu_erf);
    case ActivationKind::gelu_tanh:
      return onednn::append_eltwise(ops, algorithm::eltwise_gelu_tanh);
    case ActivationKind::softsign:  // these follow no product
    case ActivationKind::softmax:
      break;
  }
}

int binary_argument(const dnnl::post_ops& ops) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(ops.len() - 1) | DNNL_ARG_SRC_1;
}

void append_binary(FusedByOneDnn& fused, dnnl::algorithm algorithm, const memory& values) {
  fused.ops.append_binary(algorithm, values.get_desc());
  fused.constants.emplace_back(binary_argument(fused.ops), values);
}

void append_linear(FusedByOneDnn& fused, float scale) {
  onednn::append_eltwise(fused.ops, dnnl::algorithm::eltwise_linear, scale, 0);
}

// A binary post-operation knows no scale, a sum does: integers that do not lie in the output are brought
// there.
void append_sum(FusedByOneDnn& fused, const AddInput& add, const Layout& out, const Geometry& geometry) {
  if (!add.in_place && !is_integer(add.type)) {
    const memory::desc desc = geometry.destination(add.type);
    fused.ops.append_binary(dnnl::algorithm::binary_add, desc);
    fused.inputs.emplace_back(binary_argument(fused.ops), static_cast<std::size_t>(add.input), desc);
    return;
  }
  Layout held = out;
  held.type = add.type;
  held.scale = add.scale;
  const Layout& added = is_integer(out.type) ? held : out;
  onednn::append_sum(fused.ops, added.scale, data_type(added.type));
  if (!add.in_place) fused.brought = {static_cast<std::size_t>(add.input), held, added};
}

}  // namespace

memory onednn_constant(const memory::desc& desc, const std::vector<float>& values) {
  memory result(desc, onednn::cpu());
  std::memcpy(result.get_data_handle(), values.data(), values.size() * sizeof(float));
  return result;
}

FusedByOneDnn fuse_by_onednn(const ConvolutionProblem& p, const Geometry& geometry, std::size_t count) {
  FusedByOneDnn fused;
  for (std::size_t i = 0; i < count; ++i) {
    const PostOperation& operation = p.post_operations[i];
    if (const auto* activation = std::get_if<Activation>(&operation)) {
      append(fused.ops, *activation);
    } else if (const auto* affine = std::get_if<ScaleShift>(&operation)) {
      const memory::desc desc = geometry.per_channel();
      append_binary(fused, dnnl::algorithm::binary_mul,
                    onednn_constant(desc, with_padding(affine->scale, p.out.padded)));
      append_binary(fused, dnnl::algorithm::binary_add,
                    onednn_constant(desc, with_padding(affine->shift, p.out.padded)));
    } else {
      append_sum(fused, std::get<AddInput>(operation), p.out, geometry);
    }
  }
  if (is_integer(p.out.type)) append_linear(fused, 1 / p.out.scale);
  return fused;
}

}  // namespace actionflow::kernels
