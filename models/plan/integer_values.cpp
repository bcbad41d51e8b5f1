#include "models/plan/integer_values.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "models/graph/traits.h"

namespace actionflow {
namespace {

using kernels::ElementType;
using kernels::Layout;

constexpr std::int64_t kMostOfU8 = 255, kMostOfS8 = 127;

bool is_map(const Extents& extents) { return extents.h * extents.w > 1; }

// A dense product on maps; sums of its depth cannot leave 32 bits.
bool may_be_product(const Graph& graph, const GraphNode& node) {
  const Extents& in = graph.extents(node.inputs[0]);
  if (!is_map(in)) return false;
  std::int64_t depth = in.c;
  if (const auto* convolution = std::get_if<Convolution>(&node.operation)) {
    if (convolution->groups != 1) return false;
    for (const int taps : convolution->kernel) depth *= taps;
  } else if (!std::holds_alternative<Dense>(node.operation)) {
    return false;
  }
  return depth <= std::numeric_limits<std::int32_t>::max() / (kMostOfU8 * kMostOfS8);
}

class IntegerChoice {
 public:
  explicit IntegerChoice(const IntegerRequest& request)
      : r_(request), group_(request.layouts.size()), ranges_(group_.size()), stays_(group_.size()) {
    std::iota(group_.begin(), group_.end(), std::size_t{0});
  }

  IntegerValues run() {
    for (std::size_t i = 0; i < stays_.size(); ++i) stays_[i] = !may_be_integer(i);
    for (const FusedStep& step : r_.steps) join_moved(step);
    find_ranges();
    IntegerValues result{r_.layouts, {}};
    std::vector<bool> read_by_product(r_.layouts.size(), false);
    for (const FusedStep& step : r_.steps) {
      result.products.push_back(product_form(step));
      note_readers(step, result.products.back().has_value(), read_by_product);
    }
    for (std::size_t i = 0; i < stays_.size(); ++i) {
      if (stays_[i]) stays_[group(i)] = true;
      if (read_by_product[i]) read_by_product[group(i)] = true;
    }
    for (std::size_t i = 0; i < result.layouts.size(); ++i) {
      const std::optional<ValueRange>& range = ranges_[group(i)];
      if (stays_[group(i)] || !read_by_product[group(i)] || !range) continue;
      const IntegerForm form = integer_form(*range);
      result.layouts[i].type = form.type;
      result.layouts[i].scale = form.scale;
    }
    return result;
  }

 private:
  const GraphNode& node(int index) const { return r_.graph.nodes[static_cast<std::size_t>(index)]; }
  int inputs() const { return r_.graph.input_count(); }
  std::size_t id(int value) const { return static_cast<std::size_t>(value + inputs()); }
  int value(std::size_t id) const { return static_cast<int>(id) - inputs(); }

  std::size_t group(std::size_t of) const {
    while (group_[of] != of) of = group_[of];
    return of;
  }

  bool kept(int value) const { return value < 0 || r_.keep[static_cast<std::size_t>(value)]; }
  bool may_be_integer(std::size_t of) const {
    const int at = value(of);
    return !kept(at) && at != r_.graph.output && is_map(r_.layouts[of].extents);
  }

  // What only moves values shares one scale with what it reads.
  bool moves(const FusedStep& step) const {
    const GraphNode& first = node(step.nodes[0]);
    if (step.nodes.size() != 1 || !traits(r_.graph, first).moves || kept(step.nodes[0])) return false;
    return std::none_of(first.inputs.begin(), first.inputs.end(), [&](int input) { return kept(input); });
  }

  void join_moved(const FusedStep& step) {
    if (!moves(step)) return;
    const std::size_t result = id(step.nodes[0]);
    for (const int input : node(step.nodes[0]).inputs) group_[group(id(input))] = group(result);
  }

  // Behind a history stands what went into it.
  std::optional<ValueRange> own_range(int value) const {
    while (value >= 0 && std::holds_alternative<History>(node(value).operation))
      value = node(value).inputs[0];
    const std::string& name = value < 0 ? r_.inputs[static_cast<std::size_t>(-1 - value)] : node(value).name;
    const auto found = r_.quantization.ranges.find(name);
    return found == r_.quantization.ranges.end() ? std::nullopt : std::optional(found->second);
  }

  // Of a group, what its values in memory have together: inputs and results of steps.
  void find_ranges() {
    const auto add = [&](int value) {
      const auto own = own_range(value);
      std::optional<ValueRange>& range = ranges_[group(id(value))];
      if (own) range = range ? range->joined(*own) : *own;
    };
    for (int value = -inputs(); value < 0; ++value) add(value);
    for (const FusedStep& step : r_.steps) add(step.nodes.back());
  }

  bool is_product(const FusedStep& step) const {
    const GraphNode& first = node(step.nodes[0]);
    return !r_.quantization.higher_precision.contains(first.name) && may_be_product(r_.graph, first);
  }

  std::optional<IntegerForm> product_form(const FusedStep& step) const {
    if (!is_product(step)) return {};
    const GraphNode& first = node(step.nodes[0]);
    const std::optional<ValueRange>& range = ranges_[group(id(first.inputs[0]))];
    if (!range)
      throw ModelError("layer '" + first.name +
                       "' cannot run in int8: the weights hold no range of what it reads; make them with "
                       "`actionflow quantize`");
    return integer_form(*range);
  }

  void note_readers(const FusedStep& step, bool product, std::vector<bool>& read_by_product) {
    const bool moved = moves(step);
    for (const int input : node(step.nodes[0]).inputs) {
      read_by_product[id(input)] = read_by_product[id(input)] || product;
      if (!product && !moved) stays_[id(input)] = true;
    }
    for (const int operand : step.operands) {
      read_by_product[id(operand)] = read_by_product[id(operand)] || product;
      if (!product) stays_[id(operand)] = true;
    }
  }

  const IntegerRequest& r_;
  std::vector<std::size_t> group_;  // of values with one scale: each names another of them, one itself
  std::vector<std::optional<ValueRange>> ranges_;  // by group
  std::vector<bool> stays_;                        // f32
};

}  // namespace

IntegerForm integer_form(const ValueRange& range) {
  const bool is_signed = range.low < 0;
  const float most = std::max(range.high, -range.low);
  if (most <= 0) return {};
  return {is_signed ? ElementType::s8 : ElementType::u8,
          most / static_cast<float>(is_signed ? kMostOfS8 : kMostOfU8)};
}

std::vector<std::string> integer_products(const Graph& graph) {
  std::vector<std::string> result;
  for (const GraphNode& node : graph.nodes)
    if (may_be_product(graph, node)) result.push_back(node.name);
  return result;
}

IntegerValues integer_values(const IntegerRequest& request) { return IntegerChoice(request).run(); }

}  // namespace actionflow
