#include "models/plan/kernel_measurement.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "base/machine/clock.h"
#include "base/random.h"
#include "models/kernels/convolution/convolution.h"
#include "models/kernels/entry.h"
#include "models/kernels/number_conversion.h"
#include "models/plan/measure.h"
#include "models/plan/memory.h"

namespace actionflow {
namespace {

using kernels::ConvolutionProblem;
using kernels::ElementType;
using kernels::Kernel;
using kernels::KernelChoice;
using kernels::Layout;

constexpr int kRounds = 2;
constexpr double kMillisecondsARound = 40;
constexpr int kMostRuns = 20;
constexpr double kNotWorthMore = 4;    // times the fastest so far: not run again
constexpr double kAsFast = 1.03;       // times the fastest: the earlier is taken
constexpr std::int64_t kSampled = 96;  // positions that are summed in double

// Values of a layout in its own form, and the same in f32.
struct Values {
  explicit Values(const Layout& own) : layout(own), memory(allocate(own.bytes(), "a convolution")) {}

  void draw() {
    Random random(0, "kernel input");
    Layout wide = layout;
    wide.type = ElementType::f32;
    std::vector<float> drawn(static_cast<std::size_t>(layout.elements()), 0.0F);
    for (std::int64_t row = 0; row < layout.rows(); ++row)
      for (std::int64_t c = 0; c < layout.extents.c; ++c)
        drawn[static_cast<std::size_t>(row * layout.padded + c)] = 2 * random.uniform() - 1;
    kernels::convert_value(wide, drawn.data(), layout, memory.get());
  }

  std::vector<float> in_f32() const {
    Layout wide = layout;
    wide.type = ElementType::f32;
    std::vector<float> result(static_cast<std::size_t>(layout.elements()));
    kernels::convert_value(layout, memory.get(), wide, result.data());
    return result;
  }

  Layout layout;
  Memory memory;
};

// A result of the convolution, in double.
class Sum {
 public:
  Sum(const ConvolutionProblem& problem, const std::vector<float>& input) : p_(problem), input_(input) {}

  // `row` counts positions of the output, clip after clip.
  double at(std::int64_t row, std::int64_t filter) const {
    const Extents& out = p_.out.extents;
    const Axes place{static_cast<int>(row / (out.h * out.w) % out.t), static_cast<int>(row / out.w % out.h),
                     static_cast<int>(row % out.w)};
    const auto& c = p_.operation;
    const std::int64_t inputs = p_.in.extents.c / c.groups;
    const std::int64_t first = filter / (c.filters / c.groups) * inputs;
    double sum = p_.bias[static_cast<std::size_t>(filter)];
    std::int64_t tap = 0;
    for (int t = 0; t < c.kernel[0]; ++t)
      for (int h = 0; h < c.kernel[1]; ++h)
        for (int w = 0; w < c.kernel[2]; ++w, ++tap)
          if (const auto from = position(row / out.positions(), place, {t, h, w}))
            for (std::int64_t i = 0; i < inputs; ++i)
              sum +=
                  double{input_[static_cast<std::size_t>(*from * p_.in.padded + first + i)]} *
                  double{p_.kernel[static_cast<std::size_t>((filter * inputs + i) * p_.kernel_taps() + tap)]};
    return sum;
  }

 private:
  // Of the input; nothing in the padding.
  std::optional<std::int64_t> position(std::int64_t clip, const Axes& place, const Axes& tap) const {
    const auto& c = p_.operation;
    const Extents& in = p_.in.extents;
    const std::int64_t extents[3]{in.t, in.h, in.w};
    std::int64_t at[3];
    for (std::size_t axis = 0; axis < 3; ++axis) {
      at[axis] = std::int64_t{place[axis]} * c.stride[axis] + std::int64_t{tap[axis]} * c.dilation[axis] -
                 c.pad_begin[axis];
      if (at[axis] < 0 || at[axis] >= extents[axis]) return {};
    }
    return ((clip * in.t + at[0]) * in.h + at[1]) * in.w + at[2];
  }

  const ConvolutionProblem& p_;
  const std::vector<float>& input_;
};

struct Expected {
  std::int64_t row, filter;
  double value;
};

std::vector<Expected> sampled_sums(const ConvolutionProblem& problem, const std::vector<float>& input) {
  const Sum sum(problem, input);
  Random random(0, "kernel samples");
  std::vector<Expected> result;
  for (std::int64_t i = 0; i < kSampled; ++i) {
    const auto row = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(problem.out.rows())));
    const auto filter =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(problem.operation.filters)));
    result.push_back({row, filter, sum.at(row, filter)});
  }
  return result;
}

double greatest_error(const std::vector<Expected>& expected, const Values& output) {
  const std::vector<float> got = output.in_f32();
  double error = 0, largest = 1e-30;
  for (const Expected& one : expected) {
    const double value = got[static_cast<std::size_t>(one.row * output.layout.padded + one.filter)];
    if (!std::isfinite(value)) return HUGE_VAL;
    error = std::max(error, std::abs(value - one.value));
    largest = std::max(largest, std::abs(one.value));
  }
  return error / largest;
}

// One candidate, made and bound to memory.
struct Runner {
  Runner(const char* of, std::unique_ptr<Kernel> made, const Values& in, const Values& out)
      : kernel(std::move(made)), scratch(allocate(kernel->scratch_bytes(), "a convolution")), result{of} {
    bound = kernel->bind({{in.memory.get()}, out.memory.get(), scratch.get(), nullptr});
  }
  void run() const { bound->run(); }

  std::unique_ptr<Kernel> kernel;
  Memory scratch;
  std::unique_ptr<Kernel::Bound> bound;
  kernels::MeasuredCandidate result;
};

class Contest {
 public:
  Contest(const ConvolutionProblem& problem, int threads)
      : problem_(problem), threads_(threads), in_(problem.in), out_(problem.out) {
    problem_.post_operations.clear();
    in_.draw();
  }

  KernelChoice run() {
    enter_candidates();
    for (int round = 0; round < kRounds; ++round)
      for (Runner& runner : runners_) time(runner, round);
    KernelChoice choice;
    for (const Runner& runner : runners_) choice.measured.push_back(runner.result);
    choice.taken = winner();
    return choice;
  }

 private:
  // Two names for one kernel enter once.
  void enter_candidates() {
    const std::vector<Expected> expected = sampled_sums(problem_, in_.in_f32());
    for (const auto& candidate : kernels::convolution_candidates()) {
      if (!candidate.may_take(problem_)) continue;
      auto kernel = candidate.make(problem_);
      if (kernel == nullptr || entered(kernel->implementation())) continue;
      Runner& runner = runners_.emplace_back(candidate.name, std::move(kernel), in_, out_);
      const Stopwatch watch;
      runner.run();
      runner.result.milliseconds = watch.milliseconds();
      runner.result.error = greatest_error(expected, out_);
    }
  }

  bool entered(const std::string& implementation) const {
    return std::any_of(runners_.begin(), runners_.end(), [&](const Runner& runner) {
      return runner.kernel->implementation() == implementation;
    });
  }

  bool within_bounds(const Runner& runner) const {
    const bool narrow = problem_.in.type == ElementType::bf16 || problem_.out.type == ElementType::bf16;
    return runner.result.error <= (narrow ? kMostErrorBf16 : kMostErrorF32);
  }

  double fastest() const {
    double least = HUGE_VAL;
    for (const Runner& runner : runners_)
      if (within_bounds(runner)) least = std::min(least, runner.result.milliseconds);
    return least;
  }

  void time(Runner& runner, int round) const {
    double& best = runner.result.milliseconds;
    if (best > kNotWorthMore * fastest()) return;
    const int runs = static_cast<int>(std::clamp(kMillisecondsARound / best, 1.0, double{kMostRuns}));
    const double now = median_milliseconds(threads_, runs, [&] { runner.run(); });
    best = round == 0 ? now : std::min(best, now);  // the very first run was cold
  }

  // Where none is within bounds the fixed order has to do: the first.
  std::string winner() const {
    const double least = fastest();
    for (const Runner& runner : runners_)
      if (within_bounds(runner) && runner.result.milliseconds <= kAsFast * least) return runner.result.name;
    return runners_.empty() ? "" : runners_.front().result.name;
  }

  ConvolutionProblem problem_;
  int threads_;
  Values in_, out_;
  std::vector<Runner> runners_;
};

}  // namespace

KernelMeasurement::KernelMeasurement(int threads, kernels::KernelChoices& into, Told told)
    : threads_(threads), into_(into), told_(std::move(told)) {}

const KernelChoice* KernelMeasurement::choose(const ConvolutionProblem& problem) const {
  if (kernels::is_integer(problem.in.type) || kernels::is_integer(problem.out.type)) return nullptr;
  const std::string key = kernels::choice_key(problem.operation, problem.in, problem.out);
  if (measured_.insert(key).second) {
    KernelChoice choice = Contest(problem, threads_).run();
    if (told_) told_(key, choice);
    into_.choices[key] = std::move(choice);
  }
  return into_.find(key);
}

}  // namespace actionflow
