#include "models/graph/advancing.h"

#include <map>
#include <tuple>

#include "models/graph/traits.h"

namespace actionflow {
namespace {

class Rewriter {
 public:
  Rewriter(const Graph& whole, std::int64_t samples) : whole_(whole), samples_(samples) {
    result_.input = whole.input;
    result_.input.t = samples;
  }

  Graph run() {
    for (const GraphNode& node : whole_.nodes) add(node);
    result_.output = at(whole_.output);
    return std::move(result_);
  }

 private:
  int at(int value) const { return value < 0 ? value : moved_[static_cast<std::size_t>(value)]; }

  void add(const GraphNode& node) {
    GraphNode copy = node;
    const std::optional<TimeWindow> window = traits(whole_, node).time;
    for (int& input : copy.inputs) {
      input = at(input);
      if (window && window->padded()) input = behind_history(input, *window, node);
    }
    copy.extents.t = samples_;
    std::visit([&](auto& operation) { settle(operation); }, copy.operation);
    moved_.push_back(append(std::move(copy)));
  }

  // What reads the same stretch of the same value shares its history.
  int behind_history(int value, const TimeWindow& window, const GraphNode& reader) {
    const History history{window.pad_begin, window.outside.value_or(0.0F)};
    const auto [known, fresh] = histories_.try_emplace({value, history.steps, history.outside}, 0);
    if (!fresh) return known->second;
    GraphNode node;
    node.name = reader.name + ".history";
    node.layer = reader.layer;
    node.operation = history;
    node.inputs = {value};
    node.extents = result_.extents(value);
    node.extents.t += history.steps;
    return known->second = append(std::move(node));
  }

  template <class Op>
  void settle(Op& operation) const {
    if constexpr (requires { operation.pad_begin; }) operation.pad_begin[0] = 0;
    if constexpr (requires { operation.to; }) operation.to.t = samples_;
  }

  int append(GraphNode node) {
    result_.nodes.push_back(std::move(node));
    return static_cast<int>(result_.nodes.size()) - 1;
  }

  const Graph& whole_;
  std::int64_t samples_;
  Graph result_;
  std::vector<int> moved_;  // by node of the whole graph: its value here
  std::map<std::tuple<int, int, float>, int> histories_;
};

}  // namespace

Graph advancing(const Graph& graph, std::int64_t samples) { return Rewriter(graph, samples).run(); }

}  // namespace actionflow
