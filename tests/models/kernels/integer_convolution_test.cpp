// Convolutions of integers against plain loops in integers.
#include "models/kernels/integers/integer_convolution.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/machine/processor.h"
#include "models/kernels/integers/integer_kernel.h"
#include "tests/models/kernels/convolution_case.h"

namespace actionflow::testing {
namespace {

using kernels::AddInput;
using kernels::ConvolutionProblem;
using kernels::ElementType;
using kernels::Layout;

// Memory of a value, 64-byte aligned; integers all over their range, channels of padding zero.
class IntegerValue {
 public:
  IntegerValue(const Layout& layout, unsigned seed) : layout_(layout), memory_(layout.bytes() + 64) {
    const std::vector<float> values = random_values(layout.elements(), seed);
    for (std::int64_t i = 0; i < layout.elements(); ++i) {
      const bool padding = i % layout.padded >= layout.extents.c;
      set(i, padding                          ? 0
             : layout.type == ElementType::s8 ? values[static_cast<std::size_t>(i)] * 140
                                              : (values[static_cast<std::size_t>(i)] + 1) * 130);
    }
  }

  std::byte* data() {
    const auto at = reinterpret_cast<std::uintptr_t>(memory_.data());
    return memory_.data() + (64 - at % 64) % 64;
  }
  // scale·integer, or the float.
  double operator[](std::int64_t i) {
    if (layout_.type == ElementType::f32) return reinterpret_cast<const float*>(data())[i];
    return double{layout_.scale} * integer(i);
  }
  std::int32_t integer(std::int64_t i) {
    return layout_.type == ElementType::s8 ? reinterpret_cast<const std::int8_t*>(data())[i]
                                           : reinterpret_cast<const std::uint8_t*>(data())[i];
  }

 private:
  void set(std::int64_t i, float value) {
    if (layout_.type == ElementType::f32)
      reinterpret_cast<float*>(data())[i] = value;
    else if (layout_.type == ElementType::s8)
      reinterpret_cast<std::int8_t*>(data())[i] =
          static_cast<std::int8_t>(std::clamp(value, -128.0F, 127.0F));
    else
      reinterpret_cast<std::uint8_t*>(data())[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
  }

  Layout layout_;
  std::vector<std::byte> memory_;
};

struct Added {
  ElementType type = ElementType::u8;
  float scale = 1;
  bool in_place = false;
};

struct Setting {
  ElementType in = ElementType::u8, out = ElementType::u8;
  std::vector<ActivationKind> activations = {};  // before and after what is added
  std::optional<Added> added = {};
};

// Of output `o` at (n, t, h, w): Σ integers.
std::int64_t plain_sum(const ConvolutionProblem& p, const kernels::IntegerKernel& kernel, IntegerValue& in,
                       std::int64_t row, std::int64_t o) {
  const Convolution& c = p.operation;
  const Extents &to = p.out.extents, &from = p.in.extents;
  const std::int64_t w = row % to.w, h = row / to.w % to.h, t = row / (to.w * to.h) % to.t,
                     n = row / to.positions();
  std::int64_t sum = 0;
  for (std::int64_t kt = 0, tap = 0; kt < c.kernel[0]; ++kt)
    for (std::int64_t kh = 0; kh < c.kernel[1]; ++kh)
      for (std::int64_t kw = 0; kw < c.kernel[2]; ++kw, ++tap) {
        const std::int64_t it = t * c.stride[0] - c.pad_begin[0] + kt * c.dilation[0];
        const std::int64_t ih = h * c.stride[1] - c.pad_begin[1] + kh * c.dilation[1];
        const std::int64_t iw = w * c.stride[2] - c.pad_begin[2] + kw * c.dilation[2];
        if (it < 0 || ih < 0 || iw < 0 || it >= from.t || ih >= from.h || iw >= from.w) continue;
        const std::int64_t at = (((n * from.t + it) * from.h + ih) * from.w + iw) * p.in.padded;
        for (std::int64_t i = 0; i < from.c; ++i)
          sum += std::int64_t{in.integer(at + i)} *
                 kernel.values[static_cast<std::size_t>((o * from.c + i) * p.kernel_taps() + tap)];
      }
  return sum;
}

double activated(ActivationKind kind, double x) {
  return kind == ActivationKind::relu ? std::max(x, 0.0) : x / (1 + std::exp(-x));
}

using MakeKernel = std::unique_ptr<kernels::Kernel> (*)(const ConvolutionProblem&);

ConvolutionProblem integer_problem(const ConvolutionCase& c, const Setting& setting) {
  ConvolutionProblem p = problem(c);
  p.in.type = setting.in;
  p.in.scale = 0.03F;
  p.out.type = setting.out;
  p.out.scale = kernels::is_integer(setting.out) ? 0.05F : 1;
  if (!setting.activations.empty()) p.post_operations.emplace_back(Activation{setting.activations[0]});
  if (setting.added)
    p.post_operations.emplace_back(
        AddInput{1, setting.added->in_place, setting.added->type, setting.added->scale});
  if (setting.activations.size() > 1) p.post_operations.emplace_back(Activation{setting.activations[1]});
  return p;
}

Layout layout_of(const Added& added, const ConvolutionProblem& p) {
  Layout layout = p.out;
  layout.type = added.type;
  layout.scale = added.scale;
  return layout;
}

// Its result; `operand` is what it adds.
IntegerValue run(const kernels::Kernel& kernel, const ConvolutionProblem& p, const Setting& setting,
                 IntegerValue& in, IntegerValue& operand) {
  IntegerValue result(p.out, 4);
  if (setting.added && setting.added->in_place)
    std::memcpy(result.data(), operand.data(), layout_of(*setting.added, p).bytes());
  std::vector<std::byte> scratch(kernel.scratch_bytes() + 64);
  kernels::Arguments arguments{
      .inputs = {in.data()},
      .output = result.data(),
      .scratch = scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64) % 64};
  if (setting.added) arguments.inputs.push_back(setting.added->in_place ? result.data() : operand.data());
  kernel.run(arguments);
  return result;
}

// Integers are the nearest to the exact result, but where that lies between two of them.
void expect_exact(MakeKernel make, const ConvolutionCase& c, const Setting& setting) {
  const ConvolutionProblem p = integer_problem(c, setting);
  const auto kernel = make(p);
  if (kernel == nullptr) return;
  SCOPED_TRACE(kernel->implementation());
  IntegerValue in(p.in, 3), operand(setting.added ? layout_of(*setting.added, p) : p.out, 5);
  IntegerValue result = run(*kernel, p, setting, in, operand);

  const kernels::IntegerKernel weights = kernels::integer_kernel(p);
  for (std::int64_t row = 0; row < p.out.rows(); ++row)
    for (std::int64_t o = 0; o < p.out.extents.c; ++o) {
      const auto channel = static_cast<std::size_t>(o);
      const std::int64_t at = row * p.out.padded + o;
      double exact =
          static_cast<double>(plain_sum(p, weights, in, row, o)) * double{weights.scales[channel]} +
          double{p.bias[channel]};
      if (!setting.activations.empty()) exact = activated(setting.activations[0], exact);
      if (setting.added) exact += operand[at];
      if (setting.activations.size() > 1) exact = activated(setting.activations[1], exact);
      if (!kernels::is_integer(p.out.type)) {
        ASSERT_NEAR(result[at], exact, 1e-4 * std::max(1.0, std::abs(exact))) << row << " " << o;
        continue;
      }
      const double least = p.out.type == ElementType::s8 ? -128 : 0,
                   most = p.out.type == ElementType::s8 ? 127 : 255;
      const double right = std::clamp(exact / double{p.out.scale}, least, most);
      ASSERT_NEAR(result.integer(at), right, 0.501) << row << " " << o;
    }
}

const std::vector<ConvolutionCase> kCases{
    {{16, 4, 9, 11}, 32},
    {{32, 3, 7, 7}, 20, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, 2, {1, 2, 2}},
    {{24, 4, 6, 6}, 16, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}},
    {{64, 2, 5, 8}, 48, {1, 3, 3}, {0, 1, 1}, {0, 1, 1}},
    {{17, 6, 5, 5}, 33, {3, 1, 1}, {0, 0, 0}, {0, 0, 0}},
    {{16, 5, 8, 9}, 16, {3, 3, 3}, {2, 2, 2}, {2, 2, 2}, 1, {1, 1, 1}, {2, 2, 2}}};

const std::vector<Setting> kSettings{
    {ElementType::u8, ElementType::u8, {ActivationKind::relu}},
    {ElementType::s8, ElementType::s8, {}},
    {ElementType::u8, ElementType::f32, {}},
    {ElementType::s8, ElementType::u8, {ActivationKind::relu}},
    {ElementType::u8, ElementType::s8, {ActivationKind::silu}},
    {ElementType::u8,
     ElementType::u8,
     {ActivationKind::relu, ActivationKind::relu},
     Added{ElementType::u8, 0.02F}},
    {ElementType::u8,
     ElementType::u8,
     {ActivationKind::relu, ActivationKind::relu},
     Added{ElementType::u8, 0.02F, true}},
    {ElementType::s8,
     ElementType::u8,
     {ActivationKind::relu, ActivationKind::relu},
     Added{ElementType::s8, 0.02F, true}},
    {ElementType::s8, ElementType::s8, {ActivationKind::relu}, Added{ElementType::f32, 1}},
    {ElementType::u8, ElementType::f32, {ActivationKind::relu}, Added{ElementType::f32, 1, true}},
    {ElementType::u8, ElementType::f32, {ActivationKind::relu}, Added{ElementType::u8, 0.1F}}};

TEST(IntegerConvolution, EqualsPlainLoopsInIntegers) {
  for (const auto make : {kernels::onednn_integer_convolution, kernels::integer_convolution})
    for (std::size_t c = 0; c < kCases.size(); ++c)
      for (std::size_t s = 0; s < kSettings.size(); ++s) {
        SCOPED_TRACE("case " + std::to_string(c) + ", setting " + std::to_string(s));
        expect_exact(make, kCases[c], kSettings[s]);
        if (HasFatalFailure()) return;
      }
}

// Those that this processor runs and is allowed to.
std::vector<const kernels::integers::Loops*> every_form() {
  std::vector<const kernels::integers::Loops*> forms{kernels::integers::generic_loops()};
  if (has_avx2()) forms.push_back(kernels::integers::avx2_loops());
  if (has_vex_vnni()) forms.push_back(kernels::integers::vex_vnni_loops());
  if (has_evex_vnni()) forms.push_back(kernels::integers::evex_vnni_loops());
  if (has_avx512()) forms.push_back(kernels::integers::avx512_loops());
  return forms;
}

// Without a bias a result is its sum times a scale, rounded once in every form.
TEST(IntegerConvolution, EveryFormGivesTheSameSums) {
  for (const ConvolutionCase& c : kCases)
    for (const ElementType type : {ElementType::u8, ElementType::s8}) {
      ConvolutionProblem p = integer_problem(c, {type, ElementType::f32, {}});
      p.bias.assign(p.bias.size(), 0.0F);
      IntegerValue in(p.in, 3), none(p.out, 5);
      const auto run_by = [&](const kernels::integers::Loops* loops) {
        return run(*kernels::make_integer_convolution(p, *loops), p, {}, in, none);
      };
      IntegerValue generic = run_by(kernels::integers::generic_loops());
      for (const kernels::integers::Loops* loops : every_form()) {
        IntegerValue other = run_by(loops);
        EXPECT_EQ(std::memcmp(other.data(), generic.data(), p.out.bytes()), 0) << loops->name;
      }
    }
}

// The greatest inputs by the greatest weights: sums of four products leave 16 bits.
TEST(IntegerConvolution, EveryFormHoldsTheGreatestSums) {
  for (const ElementType type : {ElementType::u8, ElementType::s8}) {
    ConvolutionProblem p = integer_problem({{64, 2, 3, 3}, 16}, {type, ElementType::f32, {}});
    p.kernel.assign(p.kernel.size(), -1.0F);
    p.bias.assign(p.bias.size(), 0.0F);
    IntegerValue in(p.in, 3), none(p.out, 5);
    std::memset(in.data(), type == ElementType::u8 ? 255 : -128, p.in.bytes());
    const int value = type == ElementType::u8 ? 255 : -128;
    for (const kernels::integers::Loops* loops : every_form()) {
      IntegerValue result = run(*kernels::make_integer_convolution(p, *loops), p, {}, in, none);
      // In the middle of both frames all taps of two frames lie inside.
      const double exact = -127.0 * value * 64 * 18 * double{p.in.scale} / 127;
      EXPECT_NEAR(result[4 * p.out.padded], exact, std::abs(exact) * 1e-6) << loops->name;
    }
  }
}

}  // namespace
}  // namespace actionflow::testing
