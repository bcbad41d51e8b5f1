#include "tests/models/kernels/convolution_case.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "models/kernels/entry.h"
#include "tests/models/reference.h"

namespace actionflow::testing {

using kernels::Arguments;
using kernels::ConvolutionProblem;
using kernels::Kernel;
using kernels::Layout;

namespace {

// The caller's memory: 64-byte aligned, with what no kernel may read set to a large number.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes) : tensor_(Shape{static_cast<std::int64_t>(bytes / sizeof(float)) + 1}) {
    std::fill(tensor_.values().begin(), tensor_.values().end(), 1e30F);
  }
  float* data() { return tensor_.data(); }

 private:
  Tensor tensor_;
};

Layout layout(std::int64_t batch, const Extents& extents) {
  return {batch, extents, kernels::padded_channels(extents.c), kernels::ElementType::f32};
}

Tensor input_of(const ConvolutionProblem& p) {
  const Extents& e = p.in.extents;
  const Shape shape{p.in.batch, e.c, e.t, e.h, e.w};
  return Tensor(shape, random_values(element_count(shape), 3));
}

}  // namespace

std::vector<float> random_values(std::int64_t count, unsigned seed, float scale) {
  std::mt19937 generator(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = scale * (static_cast<float>(generator() >> 8) / (1 << 23) - 1);
  return values;
}

ConvolutionProblem problem(const ConvolutionCase& c) {
  const auto along = [&](std::int64_t n, std::size_t axis) {
    const std::int64_t reach = std::int64_t{1} * (c.kernel[axis] - 1) * c.dilation[axis];
    return (n + c.pad_begin[axis] + c.pad_end[axis] - reach - 1) / c.stride[axis] + 1;
  };
  const Extents out{c.filters, along(c.in.t, 0), along(c.in.h, 1), along(c.in.w, 2)};
  ConvolutionProblem p;
  p.operation = {.filters = c.filters,
                 .kernel = c.kernel,
                 .stride = c.stride,
                 .dilation = c.dilation,
                 .pad_begin = c.pad_begin,
                 .pad_end = c.pad_end,
                 .groups = c.groups};
  p.in = layout(c.batch, c.in);
  p.out = layout(c.batch, out);
  p.kernel = random_values(c.filters * (c.in.c / c.groups) * p.kernel_taps(), 1, 0.1F);
  p.bias = random_values(c.filters, 2);
  return p;
}

Tensor run(const Kernel& kernel, const ConvolutionProblem& p, const std::vector<const Tensor*>& added) {
  return run_on(input_of(p), kernel, p, added);
}

Tensor run_on(const Tensor& input, const Kernel& kernel, const ConvolutionProblem& p,
              const std::vector<const Tensor*>& added) {
  const Extents& e = p.out.extents;
  Buffer in(p.in.bytes()), out(p.out.bytes()), scratch(kernel.scratch_bytes());
  kernels::from_plain(input.data(), p.in, in.data());
  Arguments arguments{{in.data()}, out.data(), scratch.data()};
  std::vector<Buffer> others;
  for (const Tensor* tensor : added) {
    others.emplace_back(p.out.bytes());
    kernels::from_plain(tensor->data(), p.out, others.back().data());
    arguments.inputs.push_back(others.back().data());
  }
  kernel.run(arguments);
  Tensor result(Shape{p.out.batch, e.c, e.t, e.h, e.w});
  kernels::to_plain(out.data(), p.out, result.data());
  return result;
}

Tensor expected(const ConvolutionProblem& p) { return expected(p, input_of(p)); }

Tensor expected(const ConvolutionProblem& p, const Tensor& input) {
  Graph graph;
  graph.input = p.in.extents;
  GraphNode node;
  node.name = "c";
  node.operation = p.operation;
  node.inputs = {-1};
  node.extents = p.out.extents;
  const Axes& k = p.operation.kernel;
  const Shape shape{p.operation.filters, p.in.extents.c / p.operation.groups, k[0], k[1], k[2]};
  node.parameters = {{.name = "c.kernel", .role = "kernel", .shape = shape},
                     {.name = "c.bias", .role = "bias", .shape = {p.operation.filters}}};
  graph.nodes = {node};
  graph.output = 0;
  return reference(graph,
                   {{"c.kernel", Tensor(shape, p.kernel)}, {"c.bias", Tensor({p.operation.filters}, p.bias)}},
                   input);
}

bool exact_in_time(MakeKernel make, int groups) {
  constexpr std::int64_t kLater = 3;
  const Axes unpadded_in_time{0, 1, 1};
  const auto of_frames = [&](std::int64_t frames) {
    ConvolutionCase c{{32, frames, 10, 11}, 32, {3, 3, 3}, unpadded_in_time, unpadded_in_time};
    c.groups = groups;
    return problem(c);
  };
  const ConvolutionProblem whole = of_frames(9), part = of_frames(9 - kLater);
  const Tensor in(Shape{whole.in.elements()}, random_values(whole.in.elements(), 3));
  const auto result = [&](const ConvolutionProblem& p, const float* from) {
    const auto kernel = make(p);
    Buffer out(p.out.bytes()), scratch(kernel->scratch_bytes());
    kernel->run({{from}, out.data(), scratch.data()});
    return out;
  };
  Buffer all = result(whole, in.data()), later = result(part, in.data() + kLater * whole.in.frame());
  return std::memcmp(all.data() + kLater * whole.out.frame(), later.data(), part.out.bytes()) == 0;
}

}  // namespace actionflow::testing
