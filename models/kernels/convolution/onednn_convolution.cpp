// Dense convolutions by oneDNN on channels-last memory, weights reordered once.
#include <cstring>
#include <limits>
#include <string>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/convolution/onednn_geometry.h"
#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/onednn.h"

namespace actionflow::kernels {
namespace {

using dnnl::memory;
using onednn::Dims;

void append(dnnl::post_ops& ops, const Activation& activation) {
  using dnnl::algorithm;
  switch (activation.kind) {
    case ActivationKind::relu:
      return onednn::append_eltwise(ops, algorithm::eltwise_relu);
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
    case ActivationKind::softmax:
      break;
  }
}

// The post-operations that oneDNN fuses, and what they read at each run.
struct Fused {
  dnnl::post_ops ops;
  std::vector<std::pair<int, memory>> constants;                   // argument and its values
  std::vector<std::tuple<int, std::size_t, memory::desc>> inputs;  // argument, which input
};

memory constant(const memory::desc& desc, const std::vector<float>& values) {
  memory result(desc, onednn::cpu());
  std::memcpy(result.get_data_handle(), values.data(), values.size() * sizeof(float));
  return result;
}

int binary_argument(const dnnl::post_ops& ops) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(ops.len() - 1) | DNNL_ARG_SRC_1;
}

void append_binary(Fused& fused, dnnl::algorithm algorithm, const memory& values) {
  fused.ops.append_binary(algorithm, values.get_desc());
  fused.constants.emplace_back(binary_argument(fused.ops), values);
}

Fused fuse(const ConvolutionProblem& p, const Geometry& geometry, std::size_t count) {
  Fused fused;
  for (std::size_t i = 0; i < count; ++i) {
    const PostOperation& operation = p.post_operations[i];
    if (const auto* activation = std::get_if<Activation>(&operation)) {
      append(fused.ops, *activation);
    } else if (const auto* affine = std::get_if<ScaleShift>(&operation)) {
      const memory::desc desc = geometry.per_channel();
      append_binary(fused, dnnl::algorithm::binary_mul,
                    constant(desc, with_padding(affine->scale, p.out.padded)));
      append_binary(fused, dnnl::algorithm::binary_add,
                    constant(desc, with_padding(affine->shift, p.out.padded)));
    } else if (const auto& add = std::get<AddInput>(operation); add.in_place) {
      fused.ops.append_sum(1.0F);
    } else {
      const memory::desc desc = geometry.destination(p.out.type);
      fused.ops.append_binary(dnnl::algorithm::binary_add, desc);
      fused.inputs.emplace_back(binary_argument(fused.ops), static_cast<std::size_t>(add.input), desc);
    }
  }
  return fused;
}

// O×I×taps with zeros for padding channels.
std::vector<float> padded_kernel(const ConvolutionProblem& p) {
  const std::int64_t taps = p.kernel_taps(), inputs = p.in.extents.c, stride = p.in.padded;
  std::vector<float> result(static_cast<std::size_t>(p.out.padded * stride * taps), 0.0F);
  for (std::int64_t o = 0; o < p.operation.filters; ++o)
    std::memcpy(&result[static_cast<std::size_t>(o * stride * taps)],
                &p.kernel[static_cast<std::size_t>(o * inputs * taps)],
                static_cast<std::size_t>(inputs * taps) * sizeof(float));
  return result;
}

class OneDnnConvolution final : public Kernel {
 public:
  OneDnnConvolution(const ConvolutionProblem& problem, const Geometry& geometry, Fused fused,
                    const dnnl::convolution_forward::primitive_desc& desc)
      : fused_(std::move(fused)),
        desc_(desc),
        primitive_(desc),
        implementation_(desc.impl_info_str()),
        rows_(problem.out.rows()) {
    const memory::desc plain(geometry.weight_dims(), memory::data_type::f32, geometry.plain_weights());
    memory user = constant(plain, padded_kernel(problem));
    weights_ = memory(desc_.weights_desc(), onednn::cpu());
    dnnl::stream stream(onednn::cpu());
    dnnl::reorder(user, weights_).execute(stream, user, weights_);
    stream.wait();
    bias_ = constant(desc_.bias_desc(), with_padding(problem.bias, problem.out.padded));
  }

  // What oneDNN did not take.
  void set_rest(RowPostOperations rest) { rest_ = std::move(rest); }

  std::string implementation() const override {
    return implementation_ + (rest_.empty() ? "" : " + own:post_operations");
  }
  std::size_t scratch_bytes() const override { return desc_.scratchpad_desc().get_size(); }
  std::size_t weight_bytes() const override { return desc_.weights_desc().get_size(); }
  void run(const Arguments& arguments) const override { bind(arguments)->run(); }
  std::unique_ptr<Bound> bind(const Arguments& arguments) const override;

 private:
  class Ready;
  Fused fused_;
  dnnl::convolution_forward::primitive_desc desc_;
  dnnl::convolution_forward primitive_;
  std::string implementation_;
  memory weights_, bias_;
  RowPostOperations rest_;
  std::int64_t rows_;
};

class OneDnnConvolution::Ready final : public Kernel::Bound {
 public:
  Ready(const OneDnnConvolution& kernel, const Arguments& arguments)
      : kernel_(kernel), arguments_(arguments), stream_(onednn::cpu()) {
    add(DNNL_ARG_SRC, view(kernel.desc_.src_desc(), arguments.inputs[0]));
    add(DNNL_ARG_WEIGHTS, kernel.weights_);
    add(DNNL_ARG_BIAS, kernel.bias_);
    add(DNNL_ARG_DST, view(kernel.desc_.dst_desc(), arguments.output));
    add(DNNL_ARG_SCRATCHPAD, view(kernel.desc_.scratchpad_desc(), arguments.scratch));
    for (const auto& [argument, values] : kernel.fused_.constants) add(argument, values);
    for (const auto& [argument, input, desc] : kernel.fused_.inputs)
      add(argument, view(desc, arguments.inputs[input]));
  }

  void run() const override {
    dnnl::error::wrap_c_api(dnnl_primitive_execute(kernel_.primitive_.get(), stream_.get(),
                                                   static_cast<int>(ready_.size()), ready_.data()),
                            "could not run a convolution");
    if (!kernel_.rest_.empty()) kernel_.rest_.apply(arguments_, 0, kernel_.rows_);
  }

 private:
  static memory view(const memory::desc& desc, const void* data) {
    return {desc, onednn::cpu(), const_cast<void*>(data)};
  }
  void add(int argument, const memory& value) {
    held_.push_back(value);
    ready_.push_back({argument, value.get()});
  }

  const OneDnnConvolution& kernel_;
  Arguments arguments_;
  dnnl::stream stream_;
  std::vector<memory> held_;
  std::vector<dnnl_exec_arg_t> ready_;
};

std::unique_ptr<Kernel::Bound> OneDnnConvolution::bind(const Arguments& arguments) const {
  return std::make_unique<Ready>(*this, arguments);
}

std::unique_ptr<OneDnnConvolution> create(const ConvolutionProblem& p, const Geometry& geometry,
                                          std::size_t fused_count) {
  Fused fused = fuse(p, geometry, fused_count);
  const bool has_binary = !fused.constants.empty() || !fused.inputs.empty();
  if (has_binary && !onednn::fuses_binary()) return nullptr;
  const auto& c = p.operation;
  const memory::desc weights(geometry.weight_dims(), data_type(p.in.type), memory::format_tag::any);
  const memory::desc bias({p.out.padded}, memory::data_type::f32, memory::format_tag::x);
  try {
    const auto desc = onednn::convolution_forward(
        {geometry.source(p.in.type), weights, bias, geometry.destination(p.out.type), geometry.axes(c.stride),
         geometry.axes(c.dilation, -1), geometry.axes(c.pad_begin), geometry.axes(c.pad_end)},
        dnnl::prop_kind::forward_inference, onednn::attributes(fused.ops));
    return std::make_unique<OneDnnConvolution>(p, geometry, std::move(fused), desc);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

// One that is not slow; else the first.
std::unique_ptr<OneDnnConvolution> fastest(const ConvolutionProblem& problem) {
  if (problem.in.type == ElementType::f32 && problem.out.type != ElementType::f32) return nullptr;
  if (problem.operation.groups != 1 || too_large_for_onednn(problem.in) || too_large_for_onednn(problem.out))
    return nullptr;
  const Geometry geometry(problem.operation, problem.in, problem.out);
  const auto& operations = problem.post_operations;
  std::unique_ptr<OneDnnConvolution> fallback;
  for (std::size_t count = operations.size() + 1; count-- > 0;) {
    const std::vector<PostOperation> rest(operations.begin() + static_cast<std::ptrdiff_t>(count),
                                          operations.end());
    if (!rest.empty() && (adds_in_place(rest) || problem.out.type != ElementType::f32)) break;
    auto kernel = create(problem, geometry, count);
    if (kernel == nullptr) continue;
    if (!rest.empty()) kernel->set_rest(RowPostOperations(rest, problem.out.padded));
    if (!is_slow(kernel->implementation())) return kernel;
    if (fallback == nullptr) fallback = std::move(kernel);
  }
  return fallback;
}

}  // namespace

std::unique_ptr<Kernel> onednn_convolution(const ConvolutionProblem& problem) {
  auto kernel = fastest(problem);
  return kernel == nullptr || is_slow(kernel->implementation()) ? nullptr : std::move(kernel);
}

std::unique_ptr<Kernel> onednn_reference_convolution(const ConvolutionProblem& problem) {
  return fastest(problem);
}

}  // namespace actionflow::kernels
