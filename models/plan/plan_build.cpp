#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "models/graph/traits.h"
#include "models/plan/fuse.h"
#include "models/plan/integer_values.h"
#include "models/plan/join.h"
#include "models/plan/plan.h"
#include "models/plan/plan_kernels.h"
#include "models/plan/value_memory.h"

namespace actionflow {

using kernels::Layout;

class PlanBuilder {
 public:
  explicit PlanBuilder(const PlanRequest& request)
      : r_(request),
        graph_(request.graph),
        steps_(choose_steps()),
        values_(choose_values()),
        memory_(values_.layouts, request.network),
        readers_(consumers(graph_)),
        flattened_(memory_.size()) {}

  std::unique_ptr<const Plan> build() {
    check_memory(activations(), largest_step());
    find_views();
    find_lives();
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (!memory_.is_alias(result_of(steps_[i]))) compile(i);
    find_what_feeds_state();
    place();
    check_memory(activations(), plan_->arena_bytes_);
    return std::move(plan_);
  }

 private:
  std::vector<bool> keep() const {
    return r_.keep.empty() ? std::vector<bool>(graph_.nodes.size(), false) : r_.keep;
  }
  std::vector<Layout> float_layouts() const { return value_layouts(graph_, r_.batch, r_.type); }
  IntegerValues choose_values() const {
    std::vector<Layout> layouts = float_layouts();
    if (r_.quantization == nullptr) return {std::move(layouts), {steps_.size(), std::nullopt}};
    const std::vector<bool> kept = keep();
    return integer_values({graph_, steps_, layouts, kept, r_.inputs, *r_.quantization});
  }
  std::vector<FusedStep> choose_steps() const {
    const std::vector<Layout> layouts = float_layouts();
    const std::vector<bool> kept = keep();
    std::vector<FusedStep> steps = fuse(graph_, layouts, kept);
    return r_.quantization == nullptr ? join(graph_, layouts, kept, steps) : steps;
  }
  std::string activations() const { return r_.network + ": its activations need"; }

  const GraphNode& node(int index) const { return graph_.nodes[static_cast<std::size_t>(index)]; }
  std::size_t id(int value) const { return static_cast<std::size_t>(value + graph_.input_count()); }
  std::size_t result_of(const FusedStep& step) const { return id(step.nodes.back()); }
  std::vector<std::size_t> inputs_of(const FusedStep& step) const {
    std::vector<std::size_t> result;
    for (const int value : node(step.nodes[0]).inputs) result.push_back(id(value));
    for (const int value : step.operands) result.push_back(id(value));
    return result;
  }

  // Before kernels are made: what at least one step has to hold at once.
  std::size_t largest_step() const {
    std::size_t largest = 0;
    for (const FusedStep& step : steps_) {
      std::size_t bytes = memory_.bytes(result_of(step));
      for (const std::size_t input : inputs_of(step)) bytes += memory_.bytes(input);
      largest = std::max(largest, bytes);
    }
    return largest;
  }

  void find_views() {
    for (const FusedStep& step : steps_) {
      const GraphNode& first = node(step.nodes[0]);
      const Traits own = traits(graph_, first);
      const std::size_t in = id(first.inputs[0]), out = result_of(step);
      if (memory_.layout(in).type != memory_.layout(out).type) continue;
      if (own.view == View::same) {
        memory_.alias(out, in);
        flattened_[out] = flattened_[in];
        if (flattened_[in] != nullptr) memory_.set_layout(out, memory_.layout(in));
      } else if (own.view == View::none) {
        continue;
      } else if (own.view == View::reshaped) {
        view_reshaped(in, out, step.nodes.back());
      } else if (r_.batch == 1) {
        const Layout& layout = memory_.layout(in);
        memory_.alias(out, in,
                      static_cast<std::size_t>(own.first * layout.padded) * kernels::bytes_of(layout.type));
      }
    }
  }

  void view_reshaped(std::size_t in, std::size_t out, int value) {
    if (unpadded(in) && unpadded(out)) {
      memory_.alias(out, in);
    } else if (flattens(memory_.layout(in).extents, memory_.layout(out).extents) &&
               flattened_[in] == nullptr && padding_can_be_read(value)) {
      memory_.alias(out, in);
      flattened_[out] = &memory_.layout(in);
      Layout flat = memory_.layout(out);
      flat.padded = memory_.layout(in).extents.positions() / flat.extents.t * memory_.layout(in).padded;
      memory_.set_layout(out, flat);
    }
  }

  // To one vector, or to one a sample.
  static bool flattens(const Extents& in, const Extents& out) {
    return out.h * out.w == 1 && (out.t == 1 || out.t == in.t);
  }

  bool unpadded(std::size_t value) const {
    return memory_.layout(value).padded == memory_.layout(value).extents.c && flattened_[value] == nullptr;
  }

  bool padding_can_be_read(int value) const {
    const auto& readers = readers_[id(value)];
    if (value == graph_.output || readers.empty()) return false;
    return std::all_of(readers.begin(), readers.end(), [&](int reader) {
      const Traits own = traits(graph_, node(reader));
      return own.reads_padding || (own.view == View::same && padding_can_be_read(reader));
    });
  }

  void find_lives() {
    const int end = static_cast<int>(steps_.size());
    for (int value = -1; value >= -graph_.input_count(); --value) memory_.define(id(value), -1);
    for (int i = 0; i < end; ++i) {
      const FusedStep& step = steps_[static_cast<std::size_t>(i)];
      const std::size_t out = result_of(step);
      if (!memory_.is_alias(out)) memory_.define(out, i);
      for (const std::size_t input : inputs_of(step)) memory_.lives_until(input, i);
    }
    memory_.lives_until(id(graph_.output), end);
  }

  // Integers of another sign or scale have the same place.
  static bool lie_alike(Layout a, const Layout& b) {
    if (kernels::is_integer(a.type) && kernels::is_integer(b.type)) {
      a.type = b.type;
      a.scale = b.scale;
    }
    return a == b;
  }

  bool can_replace(std::size_t step, std::size_t operand, std::size_t out) const {
    return lie_alike(memory_.layout(operand), memory_.layout(out)) &&
           memory_.can_replace(operand, out, inputs_of(steps_[step]), static_cast<int>(step));
  }

  void compile(std::size_t index) {
    const FusedStep& step = steps_[index];
    const GraphNode& first = node(step.nodes[0]);
    const Traits own = traits(graph_, first);
    const std::size_t out = result_of(step);
    const std::vector<std::size_t> inputs = inputs_of(step);
    KernelRequest request{
        .graph = graph_,
        .weights = r_.weights,
        .step = step,
        .in = {},
        .operands = {},
        .out = memory_.layout(out),
        .between = step.second == 0 ? Layout{} : memory_.layout(id(step.nodes[step.second - 1])),
        .product = values_.products[index],
        .flattened = flattened_[inputs[0]],
        .chooser = r_.chooser};
    for (std::size_t i = 0; i < inputs.size(); ++i)
      (i < first.inputs.size() ? request.in : request.operands).push_back(memory_.layout(inputs[i]));

    std::unique_ptr<kernels::Kernel> kernel;
    if (!step.operands.empty() && can_replace(index, inputs.back(), out)) {
      request.add_in_place = true;
      kernel = try_make(request, first);
      if (kernel != nullptr) memory_.replace(inputs.back(), out);
      request.add_in_place = false;
    }
    if (kernel == nullptr) kernel = try_make(request, first);
    if (kernel == nullptr) fail(first, "no kernel runs it");
    if (own.in_place && can_replace(index, inputs[0], out)) memory_.replace(inputs[0], out);
    add_step(index, own.name, std::move(kernel), candidates_of(request));
  }

  std::unique_ptr<kernels::Kernel> try_make(const KernelRequest& request, const GraphNode& first) const {
    try {
      return make_kernel(request);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      fail(first, error.what());
    }
  }

  [[noreturn]] void fail(const GraphNode& at, const std::string& why) const {
    throw ModelError(r_.network + ": layer '" + at.name + "' (" + traits(graph_, at).name +
                     ") cannot be run: " + why);
  }

  void add_step(std::size_t index, const std::string& kind, std::unique_ptr<kernels::Kernel> kernel,
                std::vector<kernels::MeasuredCandidate> candidates) {
    const FusedStep& step = steps_[index];
    CompiledStep compiled;
    for (const int n : step.nodes) compiled.name += (compiled.name.empty() ? "" : " + ") + node(n).name;
    compiled.kind = kind;
    compiled.layout =
        to_string(memory_.layout(inputs_of(step)[0])) + " -> " + to_string(memory_.layout(result_of(step)));
    compiled.kernel = std::move(kernel);
    compiled.candidates = std::move(candidates);
    const int time = static_cast<int>(index);
    compiled.scratch = memory_.add_buffer({compiled.kernel->scratch_bytes(), time, time, 0});
    compiled.state = plan_->state_bytes_;
    plan_->state_bytes_ += aligned(compiled.kernel->state_bytes());
    plan_->steps_.push_back(std::move(compiled));
    step_of_compiled_.push_back(index);
  }

  void find_what_feeds_state() {
    std::vector<bool> read(memory_.size(), false);
    std::size_t compiled = plan_->steps_.size();
    for (std::size_t i = steps_.size(); i-- > 0;) {
      bool feeds = read[result_of(steps_[i])];
      if (compiled > 0 && step_of_compiled_[compiled - 1] == i) {
        CompiledStep& step = plan_->steps_[--compiled];
        step.feeds_state = feeds = feeds || step.kernel->state_bytes() != 0;
      }
      if (!feeds) continue;
      for (const std::size_t input : inputs_of(steps_[i])) read[input] = true;
    }
  }

  // Offsets, once every life is known.
  void place() {
    plan_->arena_bytes_ = memory_.place();
    for (std::size_t i = 0; i < plan_->steps_.size(); ++i) {
      const FusedStep& step = steps_[step_of_compiled_[i]];
      CompiledStep& compiled = plan_->steps_[i];
      for (const std::size_t input : inputs_of(step)) compiled.inputs.push_back(memory_.offset(input));
      compiled.output = lies(result_of(step));
      compiled.scratch = memory_.buffer_offset(compiled.scratch);
    }
    for (int value = -1; value >= -graph_.input_count(); --value) plan_->inputs_.push_back(lies(id(value)));
    plan_->output_ = lies(id(graph_.output));
  }
  PlanValue lies(std::size_t value) const { return {memory_.layout(value), memory_.offset(value)}; }

  const PlanRequest& r_;
  const Graph& graph_;
  std::vector<FusedStep> steps_;
  IntegerValues values_;
  ValueMemory memory_;  // by value: input k at input_count() − 1 − k, nodes after the inputs
  std::vector<std::vector<int>> readers_;
  std::vector<const Layout*> flattened_;  // by value: the layout before a flatten that kept padding
  std::vector<std::size_t> step_of_compiled_;
  std::unique_ptr<Plan> plan_{new Plan};
};

std::unique_ptr<const Plan> Plan::build(const PlanRequest& request) {
  try {
    return PlanBuilder(request).build();
  } catch (const std::length_error&) {
    throw ModelError(request.network + ": its values do not fit in memory");
  }
}

}  // namespace actionflow
