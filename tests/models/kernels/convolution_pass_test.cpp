// Our own passes of convolutions' training beside oneDNN's on the same memory, which
// TrainingNetwork's tests hold against differences of the loss.
#include "models/kernels/convolution/convolution_pass.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <cstring>
#include <map>

#include "base/machine/processor.h"
#include "models/kernels/entry.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/reference.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;
using testing::random_tensor;

struct Case {
  const char* name;
  Extents in;
  std::int64_t filters;
  Axes kernel{3, 3, 3}, pad{1, 1, 1}, stride{1, 1, 1};
};

// Sums in pairs of frames, of two frames, one frame, none; tiles of 4 and of 2; edges inside tiles; no
// padding.
const std::vector<Case> kWide{{"pairs", {32, 6, 11, 9}, 48},
                              {"odd", {32, 5, 8, 8}, 32},
                              {"two frames", {64, 2, 9, 8}, 32},
                              {"one frame", {32, 1, 12, 12}, 32},
                              {"small maps", {256, 2, 7, 7}, 256},
                              {"small maps, uneven", {72, 2, 7, 7}, 104},
                              {"flat", {48, 3, 10, 10}, 64, {1, 3, 3}, {0, 1, 1}},
                              {"unpadded", {32, 7, 10, 10}, 40, {3, 3, 3}, {0, 0, 0}},
                              {"unpadded in time", {32, 6, 9, 12}, 32, {3, 3, 3}, {0, 1, 1}}};
const std::vector<Case> kNarrow{{"one channel", {1, 5, 9, 20}, 24},
                                {"three channels", {3, 4, 8, 9}, 16},
                                {"four, strided", {4, 5, 11, 12}, 20, {2, 3, 5}, {1, 0, 2}, {2, 2, 2}}};

ConvolutionShape shape_of(const Case& c, ElementType type) {
  Convolution op{
      .filters = c.filters, .kernel = c.kernel, .stride = c.stride, .pad_begin = c.pad, .pad_end = c.pad};
  const auto along = [&](std::int64_t n, std::size_t axis) {
    return (n + 2 * c.pad[axis] - c.kernel[axis]) / c.stride[axis] + 1;
  };
  const Extents out{c.filters, along(c.in.t, 0), along(c.in.h, 1), along(c.in.w, 2)};
  const std::int64_t padded = c.in.c <= 4 ? c.in.c : kernels::padded_channels(c.in.c);
  ConvolutionShape shape;
  shape.operation = op;
  shape.in = {2, c.in, padded, type};
  shape.out = {2, out, kernels::padded_channels(c.filters), type};
  return shape;
}

Tensor plain(const kernels::Layout& layout) {
  const Extents& e = layout.extents;
  return Tensor({layout.batch, e.c, e.t, e.h, e.w});
}

// A value's memory, aligned.
class Value {
 public:
  explicit Value(const kernels::Layout& layout)
      : layout_(layout), memory_({static_cast<std::int64_t>(layout.bytes() / sizeof(float)) + 1}) {}
  Value(const kernels::Layout& layout, std::uint32_t seed) : Value(layout) {
    kernels::from_plain(random_tensor(plain(layout).shape(), seed).data(), layout, memory_.data());
  }
  void* data() { return memory_.data(); }
  Tensor read() {
    Tensor result = plain(layout_);
    kernels::to_plain(memory_.data(), layout_, result.data());
    return result;
  }

 private:
  kernels::Layout layout_;
  Tensor memory_;
};

class Passes {
 public:
  explicit Passes(const ConvolutionShape& shape)
      : shape_(shape),
        in_(shape.in, 1),
        gradient_(shape.out, 2),
        kernel_(random_tensor({shape.operation.filters, shape.in.extents.c, shape.operation.kernel[0],
                               shape.operation.kernel[1], shape.operation.kernel[2]},
                              3)),
        bias_(random_tensor({shape.operation.filters}, 4)) {}

  Tensor forward(const ConvolutionPass& pass) { return value(pass, shape_.out); }
  Tensor data(const ConvolutionPass& pass) { return value(pass, shape_.in); }
  // The kernel's gradient, then the bias's, each on top of one.
  Tensor weights(const ConvolutionPass& pass, void* mask = nullptr) {
    Tensor result({kernel_.size() + bias_.size()});
    std::fill_n(result.data(), result.size(), 1.0F);
    PassArguments arguments = arguments_for(pass);
    arguments.kernel_gradient = result.data();
    arguments.bias_gradient = result.data() + kernel_.size();
    arguments.mask = mask;
    pass.run(arguments);
    return result;
  }
  Value& gradient() { return gradient_; }

 private:
  PassArguments arguments_for(const ConvolutionPass& pass) {
    scratch_ = Tensor({static_cast<std::int64_t>(pass.scratch_bytes() / sizeof(float)) + 16});
    std::fill_n(scratch_.data(), scratch_.size(), 7.0F);  // what another kernel left
    PassArguments arguments;
    arguments.input = in_.data();
    arguments.output_gradient = gradient_.data();
    laid_out_ = Tensor({static_cast<std::int64_t>(pass.kernel_bytes() / sizeof(float)) + 16});
    std::fill_n(laid_out_.data(), laid_out_.size(), 7.0F);
    pass.lay_out(kernel_.data(), laid_out_.data());
    arguments.kernel = laid_out_.data();
    arguments.bias = bias_.data();
    arguments.scratch = scratch_.data();
    return arguments;
  }
  Tensor value(const ConvolutionPass& pass, const kernels::Layout& layout) {
    Value result(layout);
    PassArguments arguments = arguments_for(pass);
    arguments.result = result.data();
    pass.run(arguments);
    return result.read();
  }

  ConvolutionShape shape_;
  Value in_, gradient_;
  Tensor kernel_, bias_, scratch_, laid_out_;
};

// Errors of Winograd's products are some times those of a direct sum; bf16 results are rounded to eight bits.
double tolerance(ElementType type) { return type == ElementType::f32 ? 3e-5 : 8e-3; }

std::vector<ElementType> types() {
  return has_avx512_bf16() ? std::vector{ElementType::f32, ElementType::bf16} : std::vector{ElementType::f32};
}

TEST(ConvolutionPass, WinogradsPassesGiveWhatOneDnnsGive) {
  if (!has_avx2()) GTEST_SKIP() << "this processor has no AVX2";
  omp_set_num_threads(2);
  std::map<ElementType, int> forwards, datas, kernel_gradients;
  for (const Case& c : kWide)
    for (const ElementType type : types()) {
      SCOPED_TRACE(std::string(c.name) + (type == ElementType::f32 ? " f32" : " bf16"));
      ConvolutionShape shape = shape_of(c, type);
      Passes passes(shape);
      const auto forward = winograd_forward(shape), data = winograd_backward_data(shape),
                 weights = winograd_backward_weights(shape);
      const auto compare = [](const Tensor& actual, const Tensor& expected, double most) {
        EXPECT_LT(testing::deviation(actual, expected).largest, most);
      };
      forwards[type] += forward != nullptr;
      datas[type] += data != nullptr;
      kernel_gradients[type] += weights != nullptr;
      if (data) compare(passes.data(*data), passes.data(*onednn_backward_data(shape)), tolerance(type));
      if (weights) compare(passes.weights(*weights), passes.weights(*onednn_backward_weights(shape)), 3e-5);
      if (!forward) continue;
      compare(passes.forward(*forward), passes.forward(*onednn_forward(shape)), tolerance(type));
      shape.relu = true;
      compare(passes.forward(*winograd_forward(shape)), passes.forward(*onednn_forward(shape)),
              tolerance(type));
    }
  for (const auto* counted : {&forwards, &datas, &kernel_gradients}) {
    EXPECT_EQ(counted->at(ElementType::f32), std::ssize(kWide));
    // In bf16 not every shape pays, but some do.
    if (has_avx512_bf16()) {
      EXPECT_GT(counted->at(ElementType::bf16), 0);
    }
  }
}

// Data passes are those of stride 1.
TEST(ConvolutionPass, IndirectPassesGiveWhatOneDnnsGive) {
  if (!has_avx2() || has_avx512()) GTEST_SKIP() << "chosen on processors with AVX2 only";
  omp_set_num_threads(2);
  const std::vector<Case> cases{{"strided", {40, 5, 9, 12}, 48, {3, 3, 3}, {1, 1, 1}, {2, 2, 2}},
                                {"strided in space", {32, 3, 8, 8}, 33, {1, 3, 3}, {0, 1, 1}, {1, 2, 2}},
                                {"in time", {48, 6, 7, 5}, 34, {3, 1, 1}, {1, 0, 0}},
                                {"uneven", {32, 6, 7, 9}, 40, {2, 5, 3}, {1, 0, 2}}};
  int datas = 0;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ConvolutionShape shape = shape_of(c, ElementType::f32);
    Passes passes(shape);
    const auto forward = indirect_forward(shape), data = indirect_backward_data(shape);
    ASSERT_TRUE(forward);
    const auto compare = [](const Tensor& actual, const Tensor& expected) {
      EXPECT_LT(testing::deviation(actual, expected).largest, 3e-6);
    };
    compare(passes.forward(*forward), passes.forward(*onednn_forward(shape)));
    if (data) compare(passes.data(*data), passes.data(*onednn_backward_data(shape)));
    datas += data != nullptr;
    shape.relu = true;
    compare(passes.forward(*indirect_forward(shape)), passes.forward(*onednn_forward(shape)));
  }
  EXPECT_EQ(datas, 2);
}

TEST(ConvolutionPass, KernelGradientsOfFewInputChannelsAreWhatOneDnnsAre) {
  if (!has_avx512()) GTEST_SKIP() << "this processor has no AVX-512";
  omp_set_num_threads(2);
  for (const Case& c : kNarrow)
    for (const ElementType type : types()) {
      SCOPED_TRACE(std::string(c.name) + (type == ElementType::f32 ? " f32" : " bf16"));
      const ConvolutionShape shape = shape_of(c, type);
      Passes passes(shape);
      const auto narrow = narrow_backward_weights(shape);
      ASSERT_TRUE(narrow);
      const Tensor actual = passes.weights(*narrow),
                   expected = passes.weights(*onednn_backward_weights(shape));
      EXPECT_LT(testing::deviation(actual, expected).largest, 1e-5);
    }
}

TEST(ConvolutionPass, ThreadsThatARegionDoesNotGetAddNothing) {
  if (!has_avx512()) GTEST_SKIP() << "this processor has no AVX-512";
  omp_set_num_threads(2);
  const ConvolutionShape shape = shape_of(kNarrow[1], ElementType::f32);
  const auto narrow = narrow_backward_weights(shape);
  Passes passes(shape);
  const Tensor expected = passes.weights(*narrow);
  omp_set_max_active_levels(0);
  const Tensor actual = passes.weights(*narrow);
  omp_set_max_active_levels(1);
  EXPECT_LT(testing::deviation(actual, expected).largest, 1e-5);
}

TEST(ConvolutionPass, AGradientIsMaskedWhereTheOutputIsNotAboveZero) {
  if (!has_avx512()) GTEST_SKIP() << "this processor has no AVX-512";
  omp_set_num_threads(2);
  for (const ElementType type : types()) {
    const ConvolutionShape shape = shape_of(kNarrow[1], type);
    const auto narrow = narrow_backward_weights(shape);
    Passes passes(shape), masked(shape);
    Value output(shape.out, 7);
    const Tensor actual = passes.weights(*narrow, output.data());
    const Tensor kept = output.read();
    Tensor gradient = masked.gradient().read();
    for (std::int64_t i = 0; i < gradient.size(); ++i)
      if (kept[i] <= 0) gradient[i] = 0;
    kernels::from_plain(gradient.data(), shape.out, masked.gradient().data());
    EXPECT_EQ(testing::deviation(actual, masked.weights(*narrow)).largest, 0);
  }
}

}  // namespace
}  // namespace actionflow::training
