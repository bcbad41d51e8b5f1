// Dense convolutions by oneDNN on channels-last memory, weights reordered once.
#include <algorithm>
#include <cstring>
#include <string>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/convolution/onednn_geometry.h"
#include "models/kernels/convolution/onednn_posts.h"
#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/integers/integer_kernel.h"
#include "models/kernels/number_conversion.h"
#include "models/kernels/onednn.h"

namespace actionflow::kernels {
namespace {

using dnnl::memory;
using onednn::Dims;

// O×I×taps with zeros for padding channels.
template <class T>
std::vector<T> padded_kernel(const ConvolutionProblem& p, const std::vector<T>& kernel) {
  const std::int64_t taps = p.kernel_taps(), inputs = p.in.extents.c, stride = p.in.padded;
  std::vector<T> result(static_cast<std::size_t>(p.out.padded * stride * taps), T{0});
  for (std::int64_t o = 0; o < p.operation.filters; ++o)
    std::memcpy(&result[static_cast<std::size_t>(o * stride * taps)],
                &kernel[static_cast<std::size_t>(o * inputs * taps)],
                static_cast<std::size_t>(inputs * taps) * sizeof(T));
  return result;
}

// What a kernel reads at every run.
struct Constants {
  memory weights;  // plain
  std::vector<float> bias;
  std::vector<float> scales = {};  // of a product of integers, one an output; else none
};

Constants constants_of(const ConvolutionProblem& p, const Geometry& geometry) {
  const auto weights = [&](auto values, memory::data_type type) {
    memory plain({geometry.weight_dims(), type, geometry.plain_weights()}, onednn::cpu());
    std::memcpy(plain.get_data_handle(), values.data(), values.size() * sizeof(values[0]));
    return plain;
  };
  std::vector<float> bias = with_padding(p.bias, p.out.padded);
  if (!is_integer(p.in.type))
    return {weights(padded_kernel(p, p.kernel), memory::data_type::f32), std::move(bias)};
  const IntegerKernel kernel = integer_kernel(p);
  std::vector<float> scales = kernel.scales;
  scales.resize(bias.size(), 1.0F);
  if (onednn::kScalesBias)
    for (std::size_t o = 0; o < bias.size(); ++o) bias[o] /= scales[o];
  return {weights(padded_kernel(p, kernel.values), memory::data_type::s8), std::move(bias),
          std::move(scales)};
}

class OneDnnConvolution final : public Kernel {
 public:
  OneDnnConvolution(const ConvolutionProblem& problem, const Constants& constants, FusedByOneDnn fused,
                    const dnnl::convolution_forward::primitive_desc& desc)
      : fused_(std::move(fused)),
        desc_(desc),
        primitive_(desc),
        implementation_(desc.impl_info_str()),
        rows_(problem.out.rows()) {
    memory user = constants.weights;
    weights_ = memory(desc_.weights_desc(), onednn::cpu());
    dnnl::stream stream(onednn::cpu());
    dnnl::reorder(user, weights_).execute(stream, user, weights_);
    stream.wait();
    bias_ = onednn_constant(desc_.bias_desc(), constants.bias);
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
  FusedByOneDnn fused_;
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
    if (const auto& brought = kernel_.fused_.brought)
      convert_value(brought->from, arguments_.inputs[brought->input], brought->to, arguments_.output);
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
  FusedByOneDnn fused = fuse_by_onednn(p, geometry, fused_count);
  if (onednn::mixes_eltwise(fused.ops)) return nullptr;
  const Constants constants = constants_of(p, geometry);
  dnnl::primitive_attr attributes = onednn::attributes(fused.ops);
  if (!constants.scales.empty()) {
    onednn::set_product_scales(attributes, constants.scales);
    const memory::desc one_an_output({p.out.padded}, memory::data_type::f32, memory::format_tag::x);
    if (onednn::kScalesAreArguments)
      fused.constants.emplace_back(onednn::kScalesArgument, onednn_constant(one_an_output, constants.scales));
  }
  const bool has_binary = !fused.constants.empty() || !fused.inputs.empty();
  if (has_binary && !onednn::fuses_binary()) return nullptr;
  const auto& c = p.operation;
  const auto weight_type = is_integer(p.in.type) ? memory::data_type::s8 : data_type(p.in.type);
  const memory::desc weights(geometry.weight_dims(), weight_type, memory::format_tag::any);
  const memory::desc bias({p.out.padded}, memory::data_type::f32, memory::format_tag::x);
  try {
    const auto desc = onednn::convolution_forward(
        {geometry.source(p.in.type), weights, bias, geometry.destination(p.out.type), geometry.axes(c.stride),
         geometry.axes(c.dilation, -1), geometry.axes(c.pad_begin), geometry.axes(c.pad_end)},
        dnnl::prop_kind::forward_inference, attributes);
    return std::make_unique<OneDnnConvolution>(p, constants, std::move(fused), desc);
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

// What is summed lies in the output, so there is one such value at most.
bool can_sum(const ConvolutionProblem& problem) {
  return std::count_if(problem.post_operations.begin(), problem.post_operations.end(),
                       [](const auto& operation) {
                         const auto* add = std::get_if<AddInput>(&operation);
                         return add != nullptr && (add->in_place || is_integer(add->type));
                       }) <= 1;
}

// Without these instructions pairs of products are summed in 16 bits, which they can leave.
bool sums_exactly(const std::string& implementation) {
  return implementation.find("vnni") != std::string::npos || implementation.find("amx") != std::string::npos;
}

}  // namespace

std::unique_ptr<Kernel> onednn_convolution(const ConvolutionProblem& problem) {
  auto kernel = fastest(problem);
  return kernel == nullptr || is_slow(kernel->implementation()) ? nullptr : std::move(kernel);
}

std::unique_ptr<Kernel> onednn_integer_convolution(const ConvolutionProblem& problem) {
  if (!can_sum(problem) || problem.operation.groups != 1 || too_large_for_onednn(problem.in) ||
      too_large_for_onednn(problem.out))
    return nullptr;
  const Geometry geometry(problem.operation, problem.in, problem.out);
  auto kernel = create(problem, geometry, problem.post_operations.size());
  return kernel == nullptr || !sums_exactly(kernel->implementation()) ? nullptr : std::move(kernel);
}

std::unique_ptr<Kernel> onednn_reference_convolution(const ConvolutionProblem& problem) {
  return fastest(problem);
}

}  // namespace actionflow::kernels
