// The passes of dense convolutions by oneDNN, channels last.
#include <algorithm>
#include <cstring>

#include "models/kernels/convolution/convolution_pass.h"
#include "models/kernels/convolution/onednn_geometry.h"
#include "models/kernels/convolution/plain_weights.h"
#include "models/kernels/scratch.h"

namespace actionflow::training {
namespace {

using dnnl::memory;
using kernels::ElementType;
using kernels::Geometry;

memory view(const memory::desc& desc, const void* data) {
  return {desc, onednn::cpu(), const_cast<void*>(data)};
}

template <class T = void>
T* at(const PassArguments& arguments, std::size_t offset) {
  return piece<T>(arguments.scratch, offset);
}

class Reorder {
 public:
  Reorder(const memory::desc& from, const memory::desc& to, bool add = false)
      : desc_(onednn::cpu(), from, onednn::cpu(), to, attributes(add)),
        primitive_(desc_),
        from_(from),
        to_(to) {}

  std::size_t scratch_bytes() const { return desc_.scratchpad_desc().get_size(); }
  void run(dnnl::stream& stream, const void* from, void* to, void* scratch) const {
    primitive_.execute(stream, {{DNNL_ARG_FROM, view(from_, from)},
                                {DNNL_ARG_TO, view(to_, to)},
                                {DNNL_ARG_SCRATCHPAD, view(desc_.scratchpad_desc(), scratch)}});
  }

 private:
  static dnnl::primitive_attr attributes(bool add) {
    dnnl::post_ops ops;
    if (add) ops.append_sum(1.0F);
    return onednn::attributes(ops);
  }

  dnnl::reorder::primitive_desc desc_;
  dnnl::reorder primitive_;
  memory::desc from_, to_;
};

// What all three passes are made from.
class Problem {
 public:
  explicit Problem(const ConvolutionShape& shape)
      : shape_(shape), geometry_(shape.operation, shape.in, shape.out) {}

  // `type` of the output or its gradient; `weights` of the kernel or its gradient.
  onednn::ConvolutionDescription description(ElementType output, memory::data_type weights) const {
    const Convolution& c = shape_.operation;
    const memory::desc bias =
        c.bias ? memory::desc({shape_.out.padded}, memory::data_type::f32, memory::format_tag::x)
               : memory::desc();
    return {geometry_.source(shape_.in.type),
            memory::desc(geometry_.weight_dims(), weights, memory::format_tag::any),
            bias,
            geometry_.destination(output),
            geometry_.axes(c.stride),
            geometry_.axes(c.dilation, -1),
            geometry_.axes(c.pad_begin),
            geometry_.axes(c.pad_end)};
  }
  memory::data_type type() const { return kernels::data_type(shape_.in.type); }
  memory::desc plain_weights() const {
    return {geometry_.weight_dims(), memory::data_type::f32, geometry_.plain_weights()};
  }
  // As the backward passes see the forward one.
  dnnl::convolution_forward::primitive_desc hint() const {
    return onednn::convolution_forward(description(shape_.in.type, type()), dnnl::prop_kind::forward_training,
                                       onednn::attributes({}));
  }
  const ConvolutionShape& shape() const { return shape_; }

 private:
  ConvolutionShape shape_;
  Geometry geometry_;
};

// The plain f32 kernel brought into a primitive's form.
class KernelEntry {
 public:
  KernelEntry(const Problem& problem, const memory::desc& to)
      : padding_(problem.shape().operation, problem.shape().in, problem.shape().out),
        reorder_(problem.plain_weights(), to),
        to_(to),
        laid_out_(pieces_.add(to.get_size())),
        padded_(pieces_.add(
            padding_.needed() ? static_cast<std::size_t>(padding_.padded_floats()) * sizeof(float) : 0)),
        scratch_(pieces_.add(reorder_.scratch_bytes())) {}

  std::size_t bytes() const { return pieces_.bytes(); }
  void lay_out(const float* plain, void* to) const {
    dnnl::stream stream(onednn::cpu());
    if (padding_.needed()) {
      padding_.pad(plain, piece<float>(to, padded_));
      plain = piece<float>(to, padded_);
    }
    reorder_.run(stream, plain, piece(to, laid_out_), piece(to, scratch_));
  }
  memory read(const void* laid_out) const { return view(to_, piece(laid_out, laid_out_)); }

 private:
  KernelPadding padding_;
  Reorder reorder_;
  memory::desc to_;
  Pieces pieces_;
  std::size_t laid_out_, padded_, scratch_;
};

class Forward final : public ConvolutionPass {
 public:
  explicit Forward(const Problem& problem)
      : desc_(onednn::convolution_forward(problem.description(problem.shape().out.type, problem.type()),
                                          dnnl::prop_kind::forward_training,
                                          attributes(problem.shape().relu))),
        primitive_(desc_),
        kernel_(problem, desc_.weights_desc()),
        outputs_(problem.shape().out.extents.c),
        padded_(problem.shape().out.padded),
        has_bias_(problem.shape().operation.bias),
        bias_(pieces_.add(static_cast<std::size_t>(padded_) * sizeof(float))),
        scratch_(pieces_.add(desc_.scratchpad_desc().get_size())) {}

  void run(const PassArguments& arguments) const override {
    dnnl::stream stream(onednn::cpu());
    std::unordered_map<int, memory> all{
        {DNNL_ARG_SRC, view(desc_.src_desc(), arguments.input)},
        {DNNL_ARG_WEIGHTS, kernel_.read(arguments.kernel)},
        {DNNL_ARG_DST, view(desc_.dst_desc(), arguments.result)},
        {DNNL_ARG_SCRATCHPAD, view(desc_.scratchpad_desc(), at(arguments, scratch_))}};
    if (has_bias_) {
      auto* bias = at<float>(arguments, bias_);
      std::fill(std::copy_n(arguments.bias, outputs_, bias), bias + padded_, 0.0F);
      all.emplace(DNNL_ARG_BIAS, view(desc_.bias_desc(), bias));
    }
    primitive_.execute(stream, all);
  }
  std::size_t kernel_bytes() const override { return kernel_.bytes(); }
  void lay_out(const float* kernel, void* to) const override { kernel_.lay_out(kernel, to); }
  std::size_t scratch_bytes() const override { return pieces_.bytes(); }
  std::string implementation() const override { return desc_.impl_info_str(); }

 private:
  static dnnl::primitive_attr attributes(bool relu) {
    dnnl::post_ops ops;
    if (relu) onednn::append_eltwise(ops, dnnl::algorithm::eltwise_relu);
    return onednn::attributes(ops);
  }

  Pieces pieces_;
  dnnl::convolution_forward::primitive_desc desc_;
  dnnl::convolution_forward primitive_;
  KernelEntry kernel_;
  std::int64_t outputs_, padded_;
  bool has_bias_;
  std::size_t bias_, scratch_;
};

class BackwardData final : public ConvolutionPass {
 public:
  explicit BackwardData(const Problem& problem)
      : desc_(onednn::convolution_backward_data(problem.description(problem.shape().in.type, problem.type()),
                                                problem.hint())),
        primitive_(desc_),
        kernel_(problem, desc_.weights_desc()),
        scratch_(pieces_.add(desc_.scratchpad_desc().get_size())) {}

  void run(const PassArguments& arguments) const override {
    dnnl::stream stream(onednn::cpu());
    primitive_.execute(stream,
                       {{DNNL_ARG_DIFF_SRC, view(desc_.diff_src_desc(), arguments.result)},
                        {DNNL_ARG_WEIGHTS, kernel_.read(arguments.kernel)},
                        {DNNL_ARG_DIFF_DST, view(desc_.diff_dst_desc(), arguments.output_gradient)},
                        {DNNL_ARG_SCRATCHPAD, view(desc_.scratchpad_desc(), at(arguments, scratch_))}});
  }
  std::size_t kernel_bytes() const override { return kernel_.bytes(); }
  void lay_out(const float* kernel, void* to) const override { kernel_.lay_out(kernel, to); }
  std::size_t scratch_bytes() const override { return pieces_.bytes(); }
  std::string implementation() const override { return desc_.impl_info_str(); }

 private:
  Pieces pieces_;
  dnnl::convolution_backward_data::primitive_desc desc_;
  dnnl::convolution_backward_data primitive_;
  KernelEntry kernel_;
  std::size_t scratch_;
};

class BackwardWeights final : public ConvolutionPass {
 public:
  explicit BackwardWeights(const Problem& problem)
      : desc_(onednn::convolution_backward_weights(
            problem.description(problem.shape().in.type, memory::data_type::f32), problem.hint())),
        primitive_(desc_),
        padding_(problem.shape().operation, problem.shape().in, problem.shape().out),
        reorder_(desc_.diff_weights_desc(), problem.plain_weights(), !padding_.needed()),
        outputs_(problem.shape().out.extents.c),
        has_bias_(problem.shape().operation.bias),
        laid_out_(pieces_.add(desc_.diff_weights_desc().get_size())),
        padded_(pieces_.add(
            padding_.needed() ? static_cast<std::size_t>(padding_.padded_floats()) * sizeof(float) : 0)),
        bias_(pieces_.add(static_cast<std::size_t>(problem.shape().out.padded) * sizeof(float))),
        scratch_(pieces_.add(desc_.scratchpad_desc().get_size())),
        reorder_scratch_(pieces_.add(reorder_.scratch_bytes())) {}

  void run(const PassArguments& arguments) const override {
    dnnl::stream stream(onednn::cpu());
    std::unordered_map<int, memory> all{
        {DNNL_ARG_SRC, view(desc_.src_desc(), arguments.input)},
        {DNNL_ARG_DIFF_DST, view(desc_.diff_dst_desc(), arguments.output_gradient)},
        {DNNL_ARG_DIFF_WEIGHTS, view(desc_.diff_weights_desc(), at(arguments, laid_out_))},
        {DNNL_ARG_SCRATCHPAD, view(desc_.scratchpad_desc(), at(arguments, scratch_))}};
    auto* bias = at<float>(arguments, bias_);
    if (has_bias_) all.emplace(DNNL_ARG_DIFF_BIAS, view(desc_.diff_bias_desc(), bias));
    primitive_.execute(stream, all);
    if (arguments.kernel_gradient != nullptr) add_kernel(stream, arguments);
    if (arguments.bias_gradient != nullptr)
      for (std::int64_t o = 0; o < outputs_; ++o) arguments.bias_gradient[o] += bias[o];
  }
  std::size_t scratch_bytes() const override { return pieces_.bytes(); }
  std::string implementation() const override { return desc_.impl_info_str(); }

 private:
  void add_kernel(dnnl::stream& stream, const PassArguments& arguments) const {
    float* to = padding_.needed() ? at<float>(arguments, padded_) : arguments.kernel_gradient;
    reorder_.run(stream, at(arguments, laid_out_), to, at(arguments, reorder_scratch_));
    if (padding_.needed()) padding_.add_unpadded(to, arguments.kernel_gradient);
  }

  Pieces pieces_;
  dnnl::convolution_backward_weights::primitive_desc desc_;
  dnnl::convolution_backward_weights primitive_;
  KernelPadding padding_;
  Reorder reorder_;
  std::int64_t outputs_;
  bool has_bias_;
  std::size_t laid_out_, padded_, bias_, scratch_, reorder_scratch_;
};

template <class Pass>
std::unique_ptr<ConvolutionPass> make(const ConvolutionShape& shape) {
  if (kernels::too_large_for_onednn(shape.in) || kernels::too_large_for_onednn(shape.out)) return nullptr;
  try {
    return std::make_unique<Pass>(Problem(shape));
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace

std::unique_ptr<ConvolutionPass> onednn_forward(const ConvolutionShape& shape) {
  return make<Forward>(shape);
}
std::unique_ptr<ConvolutionPass> onednn_backward_data(const ConvolutionShape& shape) {
  return make<BackwardData>(shape);
}
std::unique_ptr<ConvolutionPass> onednn_backward_weights(const ConvolutionShape& shape) {
  return make<BackwardWeights>(shape);
}

}  // namespace actionflow::training
