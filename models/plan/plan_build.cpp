#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <stdexcept>

#include "base/error.h"
#include "models/plan/fuse.h"
#include "models/plan/memory.h"
#include "models/plan/plan.h"
#include "models/plan/plan_kernels.h"

namespace actionflow {

using kernels::Layout;

// Values that share memory (views, sums in place) form a group with one buffer; a value knows the
// bytes it stands behind the buffer's start.
class PlanBuilder {
 public:
  explicit PlanBuilder(const PlanRequest& request)
      : r_(request),
        graph_(request.graph),
        layouts_(value_layouts(graph_, request.batch, request.type)),
        steps_(fuse(graph_, layouts_, keep())),
        readers_(consumers(graph_)),
        parent_(layouts_.size()),
        behind_(layouts_.size(), 0),
        flattened_(layouts_.size()),
        buffers_(layouts_.size()) {
    for (std::size_t i = 0; i < parent_.size(); ++i) parent_[i] = i;
  }

  std::unique_ptr<const Plan> build() {
    for (std::size_t i = 0; i < layouts_.size(); ++i) buffers_[i].bytes = checked_bytes(i);
    find_views();
    find_lives();
    check_memory(largest_step());
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (!is_view(i)) compile(i);
    place();
    check_memory(plan_->arena_bytes_);
    return std::move(plan_);
  }

 private:
  std::vector<bool> keep() const {
    return r_.keep.empty() ? std::vector<bool>(graph_.nodes.size(), false) : r_.keep;
  }

  const GraphNode& node(int index) const { return graph_.nodes[static_cast<std::size_t>(index)]; }
  std::size_t id(int value) const { return static_cast<std::size_t>(value + graph_.input_count()); }
  std::size_t group(std::size_t value) const {
    while (parent_[value] != value) value = parent_[value];
    return value;
  }
  std::size_t offset_in_group(std::size_t value) const {
    std::size_t offset = behind_[value];
    for (; parent_[value] != value; value = parent_[value]) offset += behind_[parent_[value]];
    return offset;
  }

  std::size_t checked_bytes(std::size_t value) const {
    const Layout& layout = layouts_[value];
    const Extents& e = layout.extents;
    std::int64_t total = static_cast<std::int64_t>(kernels::bytes_of(layout.type));
    for (const std::int64_t factor : {layout.batch, e.t, e.h, e.w, layout.padded})
      if (factor <= 0 || __builtin_mul_overflow(total, factor, &total))
        throw ModelError(r_.network + ": a value of " + to_string(e) + ", " + std::to_string(layout.batch) +
                         " at a time, does not fit in memory");
    return static_cast<std::size_t>(total);
  }

  // Before kernels are made: what at least one step has to hold at once.
  std::size_t largest_step() const {
    std::size_t largest = 0;
    for (const FusedStep& step : steps_) {
      std::size_t bytes = buffers_[id(step.nodes.back())].bytes;
      for (const std::size_t input : inputs_of(step)) bytes += buffers_[input].bytes;
      largest = std::max(largest, bytes);
    }
    return largest;
  }

  void check_memory(std::size_t needed) const {
    if (needed > machine_memory())
      throw ModelError(r_.network + ": its activations need " + in_mebibytes(needed) +
                       " of memory, this machine has " + in_mebibytes(machine_memory()));
  }

  // Views: dropout, reshapes that leave the memory as it is, and one sample of one clip.
  void find_views() {
    for (const FusedStep& step : steps_) {
      const GraphNode& first = node(step.nodes[0]);
      const std::size_t in = id(first.inputs[0]), out = id(step.nodes.back());
      if (std::holds_alternative<Dropout>(first.operation)) {
        alias(out, in, 0);
        flattened_[out] = flattened_[in];
        if (flattened_[in] != nullptr) layouts_[out] = layouts_[in];
      } else if (std::holds_alternative<Reshape>(first.operation)) {
        if (layouts_[in].type != layouts_[out].type) continue;
        if (unpadded(in) && unpadded(out))
          alias(out, in, 0);
        else if (dense_can_read_padding(in, out, step.nodes.back()))
          flatten_with_padding(in, out);
      } else if (const auto* select = std::get_if<SelectFrame>(&first.operation);
                 select && r_.batch == 1 && layouts_[in].type == layouts_[out].type) {
        const std::int64_t frame = select->frame < 0 ? select->frame + layouts_[in].extents.t : select->frame;
        alias(out, in,
              static_cast<std::size_t>(frame * layouts_[in].frame()) * kernels::bytes_of(layouts_[in].type));
      }
    }
  }

  bool unpadded(std::size_t value) const {
    return layouts_[value].padded == layouts_[value].extents.c && flattened_[value] == nullptr;
  }

  bool dense_can_read_padding(std::size_t in, std::size_t out, int value) const {
    return layouts_[out].extents.positions() == 1 && flattened_[in] == nullptr && only_dense_reads(value);
  }

  bool only_dense_reads(int value) const {
    const auto& readers = readers_[id(value)];
    if (value == graph_.output || readers.empty()) return false;
    return std::all_of(readers.begin(), readers.end(), [&](int reader) {
      const Operation& operation = node(reader).operation;
      return std::holds_alternative<Dense>(operation) ||
             (std::holds_alternative<Dropout>(operation) && only_dense_reads(reader));
    });
  }

  void flatten_with_padding(std::size_t in, std::size_t out) {
    alias(out, in, 0);
    flattened_[out] = &layouts_[in];
    layouts_[out].padded = layouts_[in].extents.positions() * layouts_[in].padded;
  }

  void alias(std::size_t value, std::size_t of, std::size_t bytes) {
    parent_[value] = of;
    behind_[value] = bytes;
  }

  bool is_view(std::size_t step) const {
    const std::size_t out = id(steps_[step].nodes.back());
    return parent_[out] != out;
  }

  std::vector<std::size_t> inputs_of(const FusedStep& step) const {
    std::vector<std::size_t> result;
    for (const int value : node(step.nodes[0]).inputs) result.push_back(id(value));
    for (const int value : step.operands) result.push_back(id(value));
    return result;
  }

  void find_lives() {
    const int end = static_cast<int>(steps_.size());
    for (std::size_t i = 0; i < layouts_.size(); ++i) buffers_[i].first = buffers_[i].last = -1;
    for (int i = 0; i < end; ++i) {
      const FusedStep& step = steps_[static_cast<std::size_t>(i)];
      const std::size_t out = group(id(step.nodes.back()));
      if (!is_view(static_cast<std::size_t>(i))) buffers_[out].first = buffers_[out].last = i;
      for (const std::size_t input : inputs_of(step)) lives_until(input, i);
    }
    lives_until(id(graph_.output), end);
  }

  void lives_until(std::size_t value, int step) {
    int& last = buffers_[group(value)].last;
    last = std::max(last, step);
  }

  // The result may be written where `operand` lies: nothing reads that afterwards, nor now under another
  // name.
  bool can_replace(std::size_t step, std::size_t operand, std::size_t out) const {
    const std::size_t own = group(operand);
    if (buffers_[own].last != static_cast<int>(step) || offset_in_group(operand) != 0) return false;
    if (layouts_[operand] != layouts_[out] || buffers_[own].bytes != buffers_[out].bytes) return false;
    const auto inputs = inputs_of(steps_[step]);
    return std::count_if(inputs.begin(), inputs.end(),
                         [&](std::size_t input) { return group(input) == own; }) == 1;
  }

  void put_in_place(std::size_t operand, std::size_t out) {
    const std::size_t own = group(operand);
    buffers_[own].last = std::max(buffers_[own].last, buffers_[out].last);
    alias(out, operand, 0);
  }

  static bool works_in_place(const Operation& operation) {
    return std::holds_alternative<Activation>(operation) || std::holds_alternative<BatchNorm>(operation) ||
           std::holds_alternative<PRelu>(operation);
  }

  void compile(std::size_t index) {
    const FusedStep& step = steps_[index];
    const GraphNode& first = node(step.nodes[0]);
    const std::size_t out = id(step.nodes.back());
    const std::vector<std::size_t> inputs = inputs_of(step);
    KernelRequest request{graph_, r_.weights, step, {}, layouts_[out], false, flattened_[inputs[0]]};
    for (std::size_t i = 0; i < first.inputs.size(); ++i) request.in.push_back(layouts_[inputs[i]]);

    std::unique_ptr<kernels::Kernel> kernel;
    if (!step.operands.empty() && can_replace(index, inputs.back(), out)) {
      request.add_in_place = true;
      kernel = try_make(request, first);
      if (kernel != nullptr) put_in_place(inputs.back(), out);
      request.add_in_place = false;
    }
    if (kernel == nullptr) kernel = try_make(request, first);
    if (kernel == nullptr) fail(first, "no kernel runs it");
    if (works_in_place(first.operation) && can_replace(index, inputs[0], out)) put_in_place(inputs[0], out);
    add_step(index, inputs, out, std::move(kernel));
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
    throw ModelError(r_.network + ": layer '" + at.name + "' (" + operation_name(at.operation) +
                     ") cannot be run: " + why);
  }

  void add_step(std::size_t index, const std::vector<std::size_t>& inputs, std::size_t out,
                std::unique_ptr<kernels::Kernel> kernel) {
    const FusedStep& step = steps_[index];
    CompiledStep compiled;
    for (const int n : step.nodes) compiled.name += (compiled.name.empty() ? "" : " + ") + node(n).name;
    compiled.kind = operation_name(node(step.nodes[0]).operation);
    compiled.layout = to_string(layouts_[inputs[0]]) + " -> " + to_string(layouts_[out]);
    compiled.kernel = std::move(kernel);
    compiled.scratch = compiled.kernel->scratch_bytes();
    plan_->steps_.push_back(std::move(compiled));
    step_of_compiled_.push_back(index);
  }

  // Offsets of groups and scratch, once every life is known.
  void place() {
    std::vector<Buffer> buffers = buffers_;
    for (std::size_t i = 0; i < layouts_.size(); ++i)
      if (parent_[i] != i || buffers[i].last < buffers[i].first || hidden(i)) buffers[i].bytes = 0;
    for (std::size_t i = 0; i < plan_->steps_.size(); ++i) {
      const int step = static_cast<int>(step_of_compiled_[i]);
      buffers.push_back({plan_->steps_[i].scratch, step, step, 0});
    }
    plan_->arena_bytes_ = place_buffers(buffers);
    const auto offset = [&](std::size_t value) {
      return buffers[group(value)].offset + offset_in_group(value);
    };
    for (std::size_t i = 0; i < plan_->steps_.size(); ++i) {
      const FusedStep& step = steps_[step_of_compiled_[i]];
      CompiledStep& compiled = plan_->steps_[i];
      for (const std::size_t input : inputs_of(step)) compiled.inputs.push_back(offset(input));
      compiled.output = offset(id(step.nodes.back()));
      compiled.scratch = buffers[layouts_.size() + i].offset;
    }
    for (int value = -1; value >= -graph_.input_count(); --value)
      plan_->inputs_.push_back({layouts_[id(value)], offset(id(value))});
    plan_->output_ = {layouts_[id(graph_.output)], offset(id(graph_.output))};
  }

  // A value inside a fused step, which never stands in memory.
  bool hidden(std::size_t value) const { return value >= id(0) && buffers_[value].first < 0; }

  const PlanRequest& r_;
  const Graph& graph_;
  std::vector<Layout> layouts_;  // by value
  std::vector<FusedStep> steps_;
  std::vector<std::vector<int>> readers_;
  std::vector<std::size_t> parent_, behind_;  // by value
  std::vector<const Layout*> flattened_;      // by value: the layout before a flatten that kept padding
  std::vector<Buffer> buffers_;               // by value, in use for a group's first
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
