#include "models/plan/plan_kernels.h"

#include <algorithm>

#include "base/error.h"
#include "base/machine/processor.h"
#include "models/graph/traits.h"
#include "models/kernels/attention/attention.h"
#include "models/kernels/converted.h"
#include "models/kernels/convolution/convolution.h"
#include "models/kernels/dense/dense.h"
#include "models/kernels/dense/gated_product.h"
#include "models/kernels/depthwise/depthwise.h"
#include "models/kernels/embedding/embedding.h"
#include "models/kernels/matmul/matmul.h"
#include "models/kernels/operations.h"
#include "models/kernels/recurrent/recurrent.h"
#include "models/plan/parameter_values.h"

namespace actionflow {
namespace {

using kernels::Kernel;
using kernels::Layout;
using kernels::PostOperation;
using kernels::ScaleShift;
using KernelPointer = std::unique_ptr<Kernel>;

class KernelMaker {
 public:
  explicit KernelMaker(const KernelRequest& request)
      : r_(request), node_(request.graph.nodes[static_cast<std::size_t>(request.step.nodes[0])]) {}

  KernelPointer operator()(const Convolution&) {
    const std::size_t end = r_.step.nodes.size(), second = r_.step.second;
    if (second == 0) return kernels::make_convolution(convolution(0, end, r_.in[0], r_.out), r_.chooser);
    return kernels::expanded_depthwise(
        {convolution(0, second, r_.in[0], r_.between), convolution(second, end, r_.between, r_.out)});
  }

  KernelPointer operator()(const Dense& operation) {
    std::vector<float> kernel = values("kernel"), bias = values("bias");
    bias.resize(static_cast<std::size_t>(operation.units), 0.0F);
    const auto post = absorb(1, r_.step.nodes.size(), kernel, bias);
    Layout in = r_.in[0];
    if (in.extents.h * in.extents.w > 1 && (in.type != kernels::ElementType::f32 || !has_avx512())) {
      // At many positions it is a convolution of extent 1, for which there are more kernels; with AVX-512
      // ours for dense products is faster in f32.
      const Convolution pointwise{.filters = operation.units, .bias = operation.bias};
      return kernels::make_convolution({pointwise, in, r_.out, std::move(kernel), std::move(bias), post},
                                       r_.chooser);
    }
    if (r_.flattened != nullptr) {
      kernel = spread(kernel, *r_.flattened);
      in.extents.c = in.padded;
    }
    return kernels::make_dense({in, r_.out, std::move(kernel), std::move(bias), post});
  }

  KernelPointer operator()(const Recurrent& operation) {
    return kernels::make_recurrent(
        {operation, r_.in[0], r_.out, values("kernel"), values("recurrent_kernel"), values("bias")});
  }

  KernelPointer operator()(const ConvLstm& operation) {
    return kernels::make_conv_lstm({operation, r_.in[0], r_.out, values("recurrent_kernel"), values("bias")});
  }

  KernelPointer operator()(const Activation& operation) {
    if (operation.kind == ActivationKind::softmax) return kernels::make_softmax(r_.out);
    return kernels::make_pointwise({operation}, r_.out);
  }
  KernelPointer operator()(const BatchNorm&) { return kernels::make_pointwise({scale_shift(node_)}, r_.out); }
  KernelPointer operator()(const Scale&) { return kernels::make_pointwise({scale_shift(node_)}, r_.out); }
  KernelPointer operator()(const PRelu&) { return kernels::make_prelu(values("alpha"), r_.out); }
  KernelPointer operator()(const Pooling& operation) {
    return kernels::make_pooling(operation, r_.in[0], r_.out);
  }
  KernelPointer operator()(const Reduction& operation) {
    return kernels::make_reduction(operation, r_.in[0], r_.out);
  }
  KernelPointer operator()(const Elementwise& operation) {
    const std::size_t second = r_.step.second;
    if (second == 0) return kernels::make_elementwise(operation, r_.in, r_.out);
    const auto* activation = std::get_if<Activation>(&node_at(second - 1).operation);
    return kernels::gated_product({operation, r_.in[0], r_.in[1],
                                   activation ? std::optional(*activation) : std::nullopt,
                                   convolution(second, r_.step.nodes.size(), r_.between, r_.out)});
  }
  KernelPointer operator()(const Concat& operation) { return kernels::make_concat(operation, r_.in, r_.out); }
  KernelPointer operator()(const Slice& operation) {
    return kernels::make_slice(operation, r_.in[0], r_.out);
  }
  KernelPointer operator()(const LayerNorm& operation) {
    return kernels::make_layer_norm(operation, values("gamma"), values("beta"), r_.in[0], r_.out);
  }
  KernelPointer operator()(const ClassToken& operation) {
    return kernels::make_class_token(operation, values("token"), r_.in[0], r_.out);
  }
  KernelPointer operator()(const PositionEmbedding& operation) {
    return kernels::make_position_embedding(kernels::embedding_table(operation, node_, values("embedding")),
                                            r_.in[0], r_.out);
  }
  KernelPointer operator()(const Attention& operation) {
    return kernels::make_attention(
        {operation, r_.in, r_.out, values("table"), {values("time"), values("height"), values("width")}});
  }
  KernelPointer operator()(const MatMul& operation) { return kernels::make_matmul(operation, r_.in, r_.out); }
  KernelPointer operator()(const Constant&) { return kernels::make_constant(values("value"), r_.out); }
  KernelPointer operator()(const SelectFrames& operation) {
    return kernels::make_select_frames(operation, r_.in[0], r_.out);
  }
  KernelPointer operator()(const TimeShift& operation) {
    return kernels::make_time_shift(operation, kernels::Direction::forward, r_.in[0], r_.out);
  }
  KernelPointer operator()(const CumulativeMean&) { return kernels::make_cumulative_mean(r_.out); }
  KernelPointer operator()(const Permute& operation) {
    return moves_as_it_is() ? kernels::make_permute(operation, r_.in[0], r_.out) : nullptr;
  }
  KernelPointer operator()(const History& operation) {
    return kernels::make_history(operation, r_.in[0], r_.out);
  }
  KernelPointer operator()(const Reshape&) {
    return moves_as_it_is() ? kernels::make_reshape(r_.in[0], r_.out) : nullptr;
  }
  KernelPointer operator()(const Dropout&) { return kernels::make_reshape(r_.in[0], r_.out); }

 private:
  bool moves_as_it_is() const { return r_.in[0].type == r_.out.type; }

  std::vector<float> values(const std::string& role) const {
    return parameter_values(node_, role, r_.weights);
  }
  ScaleShift scale_shift(const GraphNode& node) const { return actionflow::scale_shift(node, r_.weights); }

  const GraphNode& node_at(std::size_t i) const {
    return r_.graph.nodes[static_cast<std::size_t>(r_.step.nodes[i])];
  }

  // Of the step's nodes [begin, end).
  kernels::ConvolutionProblem convolution(std::size_t begin, std::size_t end, const Layout& in,
                                          const Layout& out) const {
    const GraphNode& node = node_at(begin);
    const auto& operation = std::get<Convolution>(node.operation);
    std::vector<float> kernel = repeated(parameter_values(node, "kernel", r_.weights), operation.repeats);
    std::vector<float> bias = repeated(parameter_values(node, "bias", r_.weights), operation.repeats);
    bias.resize(static_cast<std::size_t>(operation.filters), 0.0F);
    const auto post = absorb(begin + 1, end, kernel, bias);
    return {operation, in, out, std::move(kernel), std::move(bias), post};
  }

  // The nodes [begin, end) behind a product become post-operations; what scales and shifts it directly goes
  // into its weights.
  std::vector<PostOperation> absorb(std::size_t begin, std::size_t end, std::vector<float>& kernel,
                                    std::vector<float>& bias) const {
    std::vector<PostOperation> post;
    int operand = static_cast<int>(r_.in.size()) - 1;
    for (std::size_t i = begin; i < end; ++i) {
      const GraphNode& node = node_at(i);
      if (const auto* activation = std::get_if<Activation>(&node.operation)) {
        post.emplace_back(*activation);
      } else if (traits(r_.graph, node).follower == Follower::scale_shift) {
        ScaleShift affine = scale_shift(node);
        if (post.empty())
          fold(affine, kernel, bias);
        else
          post.emplace_back(std::move(affine));
      } else if (std::holds_alternative<Elementwise>(node.operation)) {
        const auto& added = r_.operands[static_cast<std::size_t>(operand++) + 1 - r_.in.size()];
        const bool last = &added == &r_.operands.back();
        post.emplace_back(kernels::AddInput{operand, r_.add_in_place && last, added.type, added.scale});
      }
    }
    return post;
  }

  static std::vector<float> repeated(const std::vector<float>& once, int repeats) {
    std::vector<float> result;
    for (int i = 0; i < repeats; ++i) result.insert(result.end(), once.begin(), once.end());
    return result;
  }

  static void fold(const ScaleShift& affine, std::vector<float>& kernel, std::vector<float>& bias) {
    const std::size_t row = kernel.size() / bias.size();
    for (std::size_t o = 0; o < bias.size(); ++o) {
      for (std::size_t i = 0; i < row; ++i) kernel[o * row + i] *= affine.scale[o];
      bias[o] = bias[o] * affine.scale[o] + affine.shift[o];
    }
  }

  // Each row of a dense kernel with zeros where the flattened value has padding channels.
  static std::vector<float> spread(const std::vector<float>& kernel, const Layout& before) {
    const auto channels = static_cast<std::size_t>(before.extents.c);
    const auto padded = static_cast<std::size_t>(before.padded);
    std::vector<float> result(kernel.size() / channels * padded, 0.0F);
    for (std::size_t p = 0; p < kernel.size() / channels; ++p)
      std::copy_n(kernel.begin() + static_cast<std::ptrdiff_t>(p * channels), channels,
                  result.begin() + static_cast<std::ptrdiff_t>(p * padded));
    return result;
  }

  const KernelRequest& r_;
  const GraphNode& node_;
};

bool any_bf16(const KernelRequest& request) {
  const auto bf16 = [](const Layout& layout) { return layout.type == kernels::ElementType::bf16; };
  return bf16(request.out) || std::any_of(request.in.begin(), request.in.end(), bf16);
}

// Kernels that read and write bf16 themselves.
bool knows_bf16(const Operation& operation) {
  return std::holds_alternative<Convolution>(operation) || std::holds_alternative<Pooling>(operation) ||
         std::holds_alternative<History>(operation) || std::holds_alternative<Dense>(operation) ||
         std::holds_alternative<Concat>(operation) || std::holds_alternative<Slice>(operation) ||
         std::holds_alternative<Permute>(operation) || std::holds_alternative<Reshape>(operation) ||
         std::holds_alternative<LayerNorm>(operation) || std::holds_alternative<ClassToken>(operation) ||
         std::holds_alternative<PositionEmbedding>(operation) ||
         std::holds_alternative<Attention>(operation) || std::holds_alternative<Constant>(operation) ||
         std::holds_alternative<CumulativeMean>(operation);
}

// Kernels that move integers as they are.
bool moves_integers(const Operation& operation) {
  return std::holds_alternative<Pooling>(operation) || std::holds_alternative<History>(operation) ||
         std::holds_alternative<Concat>(operation) || std::holds_alternative<Slice>(operation) ||
         std::holds_alternative<Permute>(operation) || std::holds_alternative<Reshape>(operation) ||
         std::holds_alternative<SelectFrames>(operation) || std::holds_alternative<TimeShift>(operation) ||
         std::holds_alternative<Dropout>(operation);
}

// All its values have one form.
bool moves_as_they_are(const KernelRequest& request, const Operation& operation) {
  return moves_integers(operation) &&
         std::all_of(request.in.begin(), request.in.end(), [&](const Layout& in) {
           return in.type == request.out.type && in.scale == request.out.scale;
         });
}

bool any_integers(const KernelRequest& request) {
  const auto integers = [](const Layout& layout) { return kernels::is_integer(layout.type); };
  return request.product || integers(request.out) ||
         std::any_of(request.in.begin(), request.in.end(), integers) ||
         std::any_of(request.operands.begin(), request.operands.end(), integers);
}

KernelPointer make_in_f32(const KernelRequest& request, const Operation& operation) {
  if (request.add_in_place) return nullptr;
  std::vector<Layout> held = request.in;
  held.insert(held.end(), request.operands.begin(), request.operands.end());
  KernelRequest widened = request;
  for (Layout& layout : widened.in) layout = kernels::in_f32(layout).own;
  for (Layout& layout : widened.operands) layout = kernels::in_f32(layout).own;
  widened.out = kernels::in_f32(request.out).own;
  return kernels::make_converted(std::visit(KernelMaker(widened), operation), kernels::all_in_f32(held),
                                 kernels::in_f32(request.out));
}

// The product's input in its own form; all else as it lies.
KernelPointer make_integer_product(const KernelRequest& request, const Operation& operation) {
  KernelRequest own = request;
  Layout& in = own.in[0];
  in.type = request.product->type;
  in.scale = request.product->scale;
  KernelPointer kernel = std::visit(KernelMaker(own), operation);
  if (kernel == nullptr || in == request.in[0]) return kernel;
  std::vector<kernels::Conversion> inputs{{request.in[0], in}};
  for (const Layout& operand : request.operands) inputs.push_back({operand, operand});
  return kernels::make_converted(std::move(kernel), inputs, {request.out, request.out});
}

KernelPointer make_among_integers(const KernelRequest& request, const Operation& operation) {
  if (request.product) return make_integer_product(request, operation);
  if (moves_as_they_are(request, operation)) return std::visit(KernelMaker(request), operation);
  return make_in_f32(request, operation);
}

}  // namespace

std::vector<kernels::MeasuredCandidate> candidates_of(const KernelRequest& r) {
  const Operation& operation = r.graph.nodes[static_cast<std::size_t>(r.step.nodes[0])].operation;
  const auto* convolution = std::get_if<Convolution>(&operation);
  if (convolution == nullptr || r.step.second != 0) return {};
  if (r.chooser != nullptr)
    if (const auto* choice = r.chooser->find(kernels::choice_key(*convolution, r.in[0], r.out)))
      return choice->measured;
  std::vector<kernels::MeasuredCandidate> unmeasured;
  for (const std::string& name : kernels::names_of(kernels::convolution_candidates()))
    unmeasured.push_back({name});
  return unmeasured;
}

std::unique_ptr<Kernel> make_kernel(const KernelRequest& request) {
  const Operation& operation = request.graph.nodes[static_cast<std::size_t>(request.step.nodes[0])].operation;
  if (any_integers(request)) return make_among_integers(request, operation);
  if (!any_bf16(request)) return std::visit(KernelMaker(request), operation);
  if (knows_bf16(operation))
    if (auto kernel = std::visit(KernelMaker(request), operation)) return kernel;
  return make_in_f32(request, operation);
}

}  // namespace actionflow
