#include "models/plan/plan_kernels.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/machine/processor.h"
#include "models/graph/traits.h"
#include "models/kernels/attention/attention.h"
#include "models/kernels/converted.h"
#include "models/kernels/convolution/convolution.h"
#include "models/kernels/dense/dense.h"
#include "models/kernels/embedding/embedding.h"
#include "models/kernels/matmul/matmul.h"
#include "models/kernels/operations.h"
#include "models/kernels/recurrent/recurrent.h"

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

  KernelPointer operator()(const Convolution& operation) {
    std::vector<float> kernel = repeated(values("kernel"), operation.repeats);
    std::vector<float> bias = repeated(values("bias"), operation.repeats);
    bias.resize(static_cast<std::size_t>(operation.filters), 0.0F);
    const auto post = absorb(kernel, bias);
    return kernels::make_convolution({operation, r_.in[0], r_.out, std::move(kernel), std::move(bias), post},
                                     r_.chooser);
  }

  KernelPointer operator()(const Dense& operation) {
    std::vector<float> kernel = values("kernel"), bias = values("bias");
    bias.resize(static_cast<std::size_t>(operation.units), 0.0F);
    const auto post = absorb(kernel, bias);
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
    return kernels::make_elementwise(operation, r_.in, r_.out);
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

  const Tensor* find(const GraphNode& node, const std::string& role) const {
    for (const Parameter& parameter : node.parameters) {
      if (parameter.role != role) continue;
      const auto found = r_.weights.tensors.find(parameter.name);
      if (found == r_.weights.tensors.end())
        throw ModelError("layer '" + node.name + "': the weights hold no '" + parameter.name + "'");
      if (found->second.size() != element_count(parameter.shape))
        throw ModelError("layer '" + node.name + "': '" + parameter.name + "' is " +
                         to_string(found->second.shape()) + ", expected " + to_string(parameter.shape));
      return &found->second;
    }
    return nullptr;
  }

  // Empty where the layer has no such parameter.
  std::vector<float> values(const std::string& role) const {
    const Tensor* tensor = find(node_, role);
    if (tensor == nullptr) return {};
    return {tensor->values().begin(), tensor->values().end()};
  }

  // Of a batch norm or a learnt scale.
  ScaleShift scale_shift(const GraphNode& node) const {
    if (const auto* norm = std::get_if<BatchNorm>(&node.operation)) return normalising(node, *norm);
    const Tensor& gamma = *find(node, "gamma");
    ScaleShift result;
    for (std::int64_t c = 0; c < node.extents.c; ++c)
      result.scale.push_back(gamma[gamma.size() == 1 ? 0 : c]);
    result.shift.assign(result.scale.size(), 0.0F);
    return result;
  }

  ScaleShift normalising(const GraphNode& node, const BatchNorm& norm) const {
    const Tensor *gamma = find(node, "gamma"), *beta = find(node, "beta");
    const Tensor *mean = find(node, "moving_mean"), *variance = find(node, "moving_variance");
    ScaleShift result;
    for (std::int64_t c = 0; c < node.extents.c; ++c) {
      const double scale =
          (gamma ? (*gamma)[c] : 1.0) / std::sqrt(double{(*variance)[c]} + double{norm.epsilon});
      result.scale.push_back(static_cast<float>(scale));
      result.shift.push_back(static_cast<float>((beta ? (*beta)[c] : 0.0) - double{(*mean)[c]} * scale));
    }
    return result;
  }

  // The nodes after the first become post-operations; what scales and shifts the product directly goes into
  // its weights.
  std::vector<PostOperation> absorb(std::vector<float>& kernel, std::vector<float>& bias) const {
    std::vector<PostOperation> post;
    int operand = 0;
    for (std::size_t i = 1; i < r_.step.nodes.size(); ++i) {
      const GraphNode& node = r_.graph.nodes[static_cast<std::size_t>(r_.step.nodes[i])];
      if (const auto* activation = std::get_if<Activation>(&node.operation)) {
        post.emplace_back(*activation);
      } else if (traits(r_.graph, node).follower == Follower::scale_shift) {
        ScaleShift affine = scale_shift(node);
        if (post.empty())
          fold(affine, kernel, bias);
        else
          post.emplace_back(std::move(affine));
      } else if (std::holds_alternative<Elementwise>(node.operation)) {
        const Layout& added = r_.operands[static_cast<std::size_t>(operand++)];
        const bool last = operand == static_cast<int>(r_.operands.size());
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

std::vector<std::string> candidate_names(const Operation& operation) {
  if (!std::holds_alternative<Convolution>(operation)) return {};
  return kernels::names_of(kernels::convolution_candidates());
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
