#include "tests/models/kernels/train_kernel_bench.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "base/machine/processor.h"
#include "models/kernels/simd/vector.h"
#include "models/plan/fuse.h"
#include "models/plan/memory.h"
#include "tests/models/reference.h"
#include "tests/models/tensors.h"

namespace actionflow::testing {

using kernels::ElementType;
using kernels::Layout;

namespace {

// 64-byte aligned and full of NaN, in both element types.
class Block {
 public:
  explicit Block(std::size_t bytes = 0) : memory_(bytes / sizeof(float) + 32, NAN) { forget(); }
  void forget() { std::memset(static_cast<void*>(memory_.data()), 0xFF, memory_.size() * sizeof(float)); }
  void* get() {
    const auto at = std::bit_cast<std::uintptr_t>(memory_.data());
    return std::bit_cast<void*>((at + 63) / 64 * 64);
  }

 private:
  std::vector<float> memory_;
};

// body(logical index, element in memory) for all elements but padding.
template <class F>
void each_element(const Layout& layout, F body) {
  const Extents& e = layout.extents;
  for (std::int64_t n = 0; n < layout.batch; ++n)
    for (std::int64_t p = 0; p < e.positions(); ++p)
      for (std::int64_t c = 0; c < e.c; ++c)
        body((n * e.c + c) * e.positions() + p, (n * e.positions() + p) * layout.padded + c);
}

void set(const Layout& layout, void* memory, std::int64_t at, float value) {
  if (layout.type == ElementType::f32)
    static_cast<float*>(memory)[at] = value;
  else
    kernels::vector_kernels().to_bf16(&value, static_cast<std::uint16_t*>(memory) + at, 1);
}

float get(const Layout& layout, const void* memory, std::int64_t at) {
  if (layout.type == ElementType::f32) return static_cast<const float*>(memory)[at];
  float value = 0;
  kernels::vector_kernels().to_f32(static_cast<const std::uint16_t*>(memory) + at, &value, 1);
  return value;
}

void pack(const Tensor& tensor, const Layout& layout, void* memory) {
  std::memset(memory, 0, layout.bytes());
  each_element(layout, [&](std::int64_t i, std::int64_t at) { set(layout, memory, at, tensor[i]); });
}

Shape shape_of(const Layout& layout) {
  const Extents& e = layout.extents;
  return {layout.batch, e.c, e.t, e.h, e.w};
}

Block lay_out(const training::TrainKernel& kernel, training::Direction direction,
              const std::vector<Tensor>& parameters) {
  Block block(kernel.laid_out_bytes(direction));
  std::vector<const float*> values;
  for (const Tensor& p : parameters) values.push_back(p.data());
  kernel.lay_out(direction, values, block.get());
  return block;
}

}  // namespace

bool Gradients::operator==(const Gradients& other) const {
  if (inputs.size() != other.inputs.size() || parameters.size() != other.parameters.size()) return false;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!same_bits(inputs[i], other.inputs[i])) return false;
  for (const auto& [role, gradient] : parameters)
    if (!other.parameters.contains(role) || !same_bits(gradient, other.parameters.at(role))) return false;
  return true;
}

struct TrainKernelBench::Memory {
  std::vector<Block> inputs;
  Block output, saved, scratch;
  bool in_place = false;

  void* output_memory() { return in_place ? inputs[0].get() : output.get(); }
};

TrainKernelBench::TrainKernelBench(const GraphMaker& maker, BenchOptions options)
    : graph_(maker.graph), options_(std::move(options)), memory_(std::make_unique<Memory>()) {
  const GraphNode& node = graph_.nodes.at(0);
  std::vector<Layout> layouts = value_layouts(graph_, options_.batch, options_.type);
  if (options_.pad_all)
    for (Layout& layout : layouts) layout.padded = kernels::padded_channels(layout.extents.c);
  out_ = layouts.back();
  for (const int value : node.inputs) {
    in_.push_back(layouts[static_cast<std::size_t>(value + graph_.input_count())]);
    inputs_.push_back(random_tensor(shape_of(in_.back()), 31 + static_cast<std::uint32_t>(inputs_.size())));
  }
  for (const Parameter& p : node.parameters) parameters_.push_back(maker.weights.tensors.at(p.name));

  training::TrainKernelRequest request{graph_, node, in_, out_, {}, {}};
  request.wants_input_gradient.resize(in_.size(), true);
  for (std::size_t i = 0; i < options_.unwanted_inputs.size(); ++i)
    request.wants_input_gradient[i] = !options_.unwanted_inputs[i];
  for (const Parameter& p : node.parameters) {
    const bool frozen =
        std::find(options_.frozen.begin(), options_.frozen.end(), p.role) != options_.frozen.end();
    const bool moving = p.role == "moving_mean" || p.role == "moving_variance";
    request.wants_parameter_gradient.push_back(!frozen && !moving);
  }
  request.relu = options_.relu;
  request.frozen_statistics = options_.frozen_statistics;
  request.threads = options_.threads;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(options_.threads);
  kernel_ = make_train_kernel(request);
  omp_set_num_threads(threads);
  for (const Layout& layout : in_) memory_->inputs.emplace_back(layout.bytes());
  memory_->output = Block(out_.bytes());
  memory_->in_place = options_.in_place && kernel_->works_in_place();
}

TrainKernelBench::~TrainKernelBench() = default;
TrainKernelBench::TrainKernelBench(TrainKernelBench&&) noexcept = default;

Tensor& TrainKernelBench::parameter(const std::string& role) {
  const auto& parameters = graph_.nodes[0].parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].role == role) return parameters_[i];
  throw std::out_of_range("no parameter " + role);
}

Tensor TrainKernelBench::unpack(const Layout& layout, const void* memory, const std::string& what) const {
  Tensor tensor(shape_of(layout));
  each_element(layout, [&](std::int64_t i, std::int64_t at) { tensor[i] = get(layout, memory, at); });
  std::int64_t wrong = 0;
  for (std::int64_t at = 0; at < layout.elements(); ++at)
    if (at % layout.padded >= layout.extents.c && get(layout, memory, at) != 0) ++wrong;
  if (wrong > 0) ADD_FAILURE() << what << ": " << wrong << " padding elements are not zero";
  return tensor;
}

Tensor TrainKernelBench::forward() {
  omp_set_num_threads(options_.threads);
  training::ForwardArguments arguments;
  for (std::size_t i = 0; i < in_.size(); ++i) {
    pack(inputs_[i], in_[i], memory_->inputs[i].get());
    arguments.inputs.push_back(memory_->inputs[i].get());
  }
  memory_->output.forget();
  memory_->saved = Block(kernel_->saved_bytes());
  memory_->scratch = Block(kernel_->forward_scratch_bytes());
  Block laid_out = lay_out(*kernel_, training::Direction::forward, parameters_);
  arguments.output = memory_->output_memory();
  for (Tensor& p : parameters_) arguments.parameters.push_back(p.data());
  arguments.saved = memory_->saved.get();
  arguments.laid_out = laid_out.get();
  arguments.scratch = memory_->scratch.get();
  arguments.key = options_.key;
  kernel_->forward(arguments);
  return unpack(out_, arguments.output, "output");
}

Tensor TrainKernelBench::reference() const {
  ParameterValues parameters;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    parameters[graph_.nodes[0].parameters[i].name] = parameters_[i];
  std::vector<Tensor> values(static_cast<std::size_t>(graph_.input_count()));
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    values[static_cast<std::size_t>(-1 - graph_.nodes[0].inputs[i])] = inputs_[i];
  Tensor result = reference_values(graph_, parameters, values)[0];
  if (options_.relu)
    for (float& x : result.values()) x = std::max(x, 0.0F);
  return result;
}

Tensor TrainKernelBench::output_gradient(std::uint32_t seed) const {
  return random_tensor(shape_of(out_), seed);
}

Gradients TrainKernelBench::backward(const Tensor& output_gradient) {
  omp_set_num_threads(options_.threads);
  training::BackwardArguments arguments;
  training::BackwardReads reads = kernel_->backward_reads();
  reads.inputs.resize(in_.size(), false);
  for (std::size_t i = 0; i < in_.size(); ++i)
    arguments.inputs.push_back(reads.inputs[i] ? memory_->inputs[i].get() : nullptr);
  arguments.output = reads.output ? memory_->output_memory() : nullptr;
  for (const Tensor& p : parameters_) arguments.parameters.push_back(p.data());
  memory_->scratch = Block(kernel_->backward_scratch_bytes());
  Block laid_out = lay_out(*kernel_, training::Direction::backward, parameters_);
  arguments.laid_out = laid_out.get();
  arguments.saved = memory_->saved.get();
  arguments.scratch = memory_->scratch.get();
  arguments.key = options_.key;
  Block gradient(out_.bytes());
  pack(output_gradient, out_, gradient.get());
  arguments.output_gradient = gradient.get();

  std::vector<Block> input_gradients;
  for (const Layout& layout : in_) input_gradients.emplace_back(layout.bytes());
  for (std::size_t i = 0; i < in_.size(); ++i) {
    const bool wanted = i >= options_.unwanted_inputs.size() || !options_.unwanted_inputs[i];
    const bool in_place =
        i == 0 && options_.in_place && kernel_->gradient_in_place() && in_[0].bytes() == out_.bytes();
    arguments.input_gradients.push_back(!wanted    ? nullptr
                                        : in_place ? gradient.get()
                                                   : input_gradients[i].get());
  }
  const auto& declared = graph_.nodes[0].parameters;
  std::vector<Tensor> parameter_gradients;
  for (const Parameter& p : declared) {
    parameter_gradients.emplace_back(p.shape);
    std::fill_n(parameter_gradients.back().data(), parameter_gradients.back().size(), 1.0F);
  }
  for (std::size_t i = 0; i < declared.size(); ++i) {
    const bool frozen =
        std::find(options_.frozen.begin(), options_.frozen.end(), declared[i].role) != options_.frozen.end();
    const bool moving = declared[i].role == "moving_mean" || declared[i].role == "moving_variance";
    arguments.parameter_gradients.push_back(frozen || moving ? nullptr : parameter_gradients[i].data());
  }
  kernel_->backward(arguments);

  Gradients result;
  for (std::size_t i = 0; i < in_.size(); ++i)
    result.inputs.push_back(
        arguments.input_gradients[i] == nullptr
            ? Tensor()
            : unpack(in_[i], arguments.input_gradients[i], fmt::format("gradient {}", i)));
  for (std::size_t i = 0; i < declared.size(); ++i) {
    if (arguments.parameter_gradients[i] == nullptr) continue;
    for (float& x : parameter_gradients[i].values()) x -= 1;
    result.parameters.emplace(declared[i].role, std::move(parameter_gradients[i]));
  }
  return result;
}

namespace {

// In the memory that they have: a check holds spans of it.
void restore(std::vector<Tensor>& parameters, const std::vector<Tensor>& kept) {
  for (std::size_t i = 0; i < kept.size(); ++i)
    std::copy(kept[i].values().begin(), kept[i].values().end(), parameters[i].data());
}

}  // namespace

double TrainKernelBench::objective(const Tensor& weights) {
  const std::vector<Tensor> kept = parameters_;  // batch norm moves its statistics
  const Tensor value = forward();
  restore(parameters_, kept);
  double sum = 0;
  for (std::int64_t i = 0; i < value.size(); ++i) sum += double{value[i]} * double{weights[i]};
  return sum;
}

void TrainKernelBench::check_tensor(const std::string& what, std::span<float> values, const Tensor& gradient,
                                    const Tensor& weights, int elements, double distance,
                                    KernelCheck& check) {
  double largest = 1e-3;
  for (const float g : gradient.values()) largest = std::max(largest, std::abs(double{g}));
  const std::size_t size = values.size(), count = std::min(size, static_cast<std::size_t>(elements));
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t i = count == size ? k : (k * 2654435761U + 7) % size;
    const float kept = values[i];
    const auto at = [&](double way) {
      values[i] = static_cast<float>(double{kept} + way * distance);
      const double result = objective(weights);
      values[i] = kept;
      return result;
    };
    const double below = at(-1), here = at(0), above = at(1);
    const double quotient = (above - below) / (2 * distance), own = gradient[static_cast<std::int64_t>(i)];
    const double bend = std::abs(above + below - 2 * here) / distance;
    const double drift = std::abs((at(0.5) - at(-0.5)) / distance - quotient);
    ++check.checked;
    if (std::max(bend, drift) > 0.002 * largest) {
      ++check.kinks;
      continue;
    }
    const double error = std::abs(quotient - own) / largest;
    if (std::isfinite(error) && error <= check.worst) continue;
    check.worst = std::isfinite(error) ? error : HUGE_VAL;
    check.where = fmt::format("{} [{}]: gradient {:.6g}, difference quotient {:.6g}", what, i, own, quotient);
  }
}

KernelCheck TrainKernelBench::check_gradients(int elements, double distance) {
  const Tensor weights = output_gradient();
  const std::vector<Tensor> kept = parameters_;
  forward();
  restore(parameters_, kept);
  const Gradients gradients = backward(weights);
  KernelCheck check;
  for (std::size_t i = 0; i < in_.size(); ++i)
    if (!gradients.inputs[i].empty())
      check_tensor(fmt::format("input {}", i), inputs_[i].values(), gradients.inputs[i], weights, elements,
                   distance, check);
  for (const auto& [role, gradient] : gradients.parameters)
    check_tensor(role, parameter(role).values(), gradient, weights, elements, distance, check);
  return check;
}

namespace {

struct Passes {
  Tensor value;
  Gradients gradients;
};

Passes passes(const GraphMaker& maker, const BenchOptions& options) {
  TrainKernelBench bench(maker, options);
  Passes result;
  result.value = bench.forward();
  result.gradients = bench.backward(bench.output_gradient());
  return result;
}

void expect_near(const Tensor& half, const Tensor& whole, double allowed, const std::string& what) {
  if (whole.empty()) return;
  // Of a rounded input another element may be the greatest, so single elements may differ: the mean may not.
  EXPECT_LT(deviation(half, whole).mean, allowed) << what << " in bf16";
}

void expect_bf16_near(const Passes& half, const Passes& whole, double allowed) {
  expect_near(half.value, whole.value, allowed, "value");
  for (std::size_t i = 0; i < whole.gradients.inputs.size(); ++i)
    expect_near(half.gradients.inputs[i], whole.gradients.inputs[i], allowed, fmt::format("gradient {}", i));
  for (const auto& [role, gradient] : whole.gradients.parameters)
    expect_near(half.gradients.parameters.at(role), gradient, allowed, role + "'s gradient");
}

void expect_same(const Passes& a, const Passes& b, const std::string& what) {
  EXPECT_TRUE(same_bits(a.value, b.value)) << "value " << what;
  EXPECT_TRUE(a.gradients == b.gradients) << "gradients " << what;
}

}  // namespace

void expect_trains(const GraphMaker& maker, const StandardChecks& checks) {
  for (const bool pad_all : {false, true}) {
    BenchOptions options = checks.options;
    options.pad_all = pad_all;
    SCOPED_TRACE(pad_all ? "padded" : "as plans have it");
    TrainKernelBench bench(maker, options);
    if (checks.forward) {
      EXPECT_LT(deviation(bench.forward(), bench.reference()).largest, 2e-6);
    }
    const KernelCheck check = bench.check_gradients();
    EXPECT_LT(check.worst, checks.gradients) << check.where;
    EXPECT_LE(check.kinks, check.checked / 2);

    const Passes once = passes(maker, options);
    expect_same(passes(maker, options), once, "a second time");
    BenchOptions other = options;
    other.in_place = true;
    expect_same(passes(maker, other), once, "in place");
    other = options;
    other.threads = 2;
    if (checks.thread_bits) expect_same(passes(maker, other), once, "with two threads");
    expect_same(passes(maker, other), passes(maker, other), "with two threads a second time");
    if (checks.bf16_products && !has_avx512_bf16()) continue;
    other = options;
    other.type = ElementType::bf16;
    expect_bf16_near(passes(maker, other), once, checks.bf16);
  }
}

}  // namespace actionflow::testing
