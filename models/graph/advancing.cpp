#include "models/graph/advancing.h"

#include <algorithm>
#include <map>
#include <optional>

#include "models/graph/traits.h"
#include "models/graph/window_sharing.h"

namespace actionflow {
namespace {

class Rewriter {
 public:
  // `fresh`: by node, the steps of its value that are new in a call; 0: all of it.
  Rewriter(const Graph& whole, std::int64_t samples, std::vector<std::int64_t> fresh, Sharing sharing)
      : whole_(whole), samples_(samples), fresh_(std::move(fresh)), sharing_(sharing) {
    result_.input = whole.input;
    result_.input.t = samples;
  }

  // Whole values leave the graph, too.
  void keep_output() {
    if (whole_.output < 0 || fresh_of(whole_.output) == 0) return;
    const std::int64_t steps = whole_.extents(whole_.output).t - fresh_of(whole_.output);
    output_ = History{static_cast<int>(steps), 0};
    want(whole_.output, output_, whole_.nodes[static_cast<std::size_t>(whole_.output)]);
  }

  AdvancingWindows run() {
    for (const GraphNode& node : whole_.nodes)
      for (const int input : node.inputs)
        if (const auto history = history_before(node, input)) want(input, history, node);
    add_histories(-1);
    for (std::size_t i = 0; i < whole_.nodes.size(); ++i) {
      add(whole_.nodes[i], fresh_[i]);
      add_histories(static_cast<int>(i));
    }
    result_.output = read(whole_.output, output_);
    return {std::move(result_), std::move(moved_)};
  }

 private:
  struct Wanted {
    History history;
    const GraphNode& reader;  // the first of them
    int value = 0;            // in the result
  };

  std::int64_t fresh_of(int value) const {
    return value < 0 ? samples_ : fresh_[static_cast<std::size_t>(value)];
  }
  std::int64_t fresh_of(const GraphNode& node) const {
    return fresh_[static_cast<std::size_t>(&node - whole_.nodes.data())];
  }

  // What stands between `node` and one of its inputs: nothing where it needs just what is new of that.
  std::optional<History> history_before(const GraphNode& node, int input) const {
    const std::int64_t in = fresh_of(input), out = fresh_of(node);
    if (in == 0) return {};
    if (out == 0) return History{static_cast<int>(whole_.extents(input).t - in), 0};
    const std::optional<TimeWindow> window = traits(whole_, node).time;
    if (!window) return {};
    // The last samples of a window may be too few for one more step.
    if (sharing_ == Sharing::approximate && window->padded())
      return window->pad_begin == 0
                 ? std::nullopt
                 : std::optional(History{window->pad_begin, window->outside.value_or(0.0F)});
    const std::int64_t unpadded =
        whole_.extents(input).t + window->pad_begin + window->pad_end - window->extent;
    const std::int64_t read = (out - 1) * window->stride + window->extent + unpadded % window->stride;
    if (read == in) return {};
    return History{static_cast<int>(read - in), window->padded() ? window->outside.value_or(0.0F) : 0.0F};
  }

  // What reads the same stretch of the same value shares its history.
  void want(int value, const std::optional<History>& history, const GraphNode& reader) {
    std::vector<Wanted>& list = wanted_[value];
    const bool known =
        std::any_of(list.begin(), list.end(), [&](const Wanted& w) { return w.history == *history; });
    if (!known) list.push_back({*history, reader});
  }

  // Right behind the value: so the steps that are left to fuse are the same as in the whole graph.
  void add_histories(int value) {
    const auto found = wanted_.find(value);
    if (found == wanted_.end()) return;
    for (Wanted& wanted : found->second) {
      GraphNode node;
      node.name = wanted.reader.name + ".history";
      node.layer = wanted.reader.layer;
      node.operation = wanted.history;
      node.inputs = {moved(value)};
      node.extents = result_.extents(moved(value));
      node.extents.t += wanted.history.steps;
      wanted.value = append(std::move(node));
    }
  }

  int moved(int value) const { return value < 0 ? value : moved_[static_cast<std::size_t>(value)]; }

  int read(int value, const std::optional<History>& history) const {
    if (!history) return moved(value);
    const std::vector<Wanted>& list = wanted_.at(value);
    return std::find_if(list.begin(), list.end(), [&](const Wanted& w) { return w.history == *history; })
        ->value;
  }

  void add(const GraphNode& node, std::int64_t fresh) {
    GraphNode copy = node;
    for (int& input : copy.inputs) input = read(input, history_before(node, input));
    if (fresh != 0) {
      copy.extents.t = fresh;
      const std::optional<TimeWindow> window = traits(whole_, node).time;
      std::visit([&](auto& operation) { settle(operation, fresh, window); }, copy.operation);
    }
    moved_.push_back(append(std::move(copy)));
  }

  template <class Op>
  void settle(Op& operation, std::int64_t fresh, const std::optional<TimeWindow>& window) const {
    const bool padded = sharing_ == Sharing::approximate && window->padded();
    // What is behind a call's last sample is not there yet.
    const int behind = padded ? std::max(0, window->extent - window->stride - window->pad_begin) : 0;
    if constexpr (requires { operation.pad_begin[0]; }) {
      if (padded) operation.pad_end[0] = behind;
      operation.pad_begin[0] = 0;
    } else if constexpr (requires { operation.pad_begin; }) {
      if (padded) operation.pad_end = behind;
      operation.pad_begin = 0;
    }
    if constexpr (requires { operation.frames; }) operation.frames.resize(static_cast<std::size_t>(fresh));
    if constexpr (requires { operation.to; }) operation.to.t = fresh;
    if constexpr (requires { operation.carried; }) operation.carried = true;
  }

  int append(GraphNode node) {
    result_.nodes.push_back(std::move(node));
    return static_cast<int>(result_.nodes.size()) - 1;
  }

  const Graph& whole_;
  std::int64_t samples_;
  std::vector<std::int64_t> fresh_;
  const Sharing sharing_;
  Graph result_;
  std::vector<int> moved_;  // by node of the whole graph: its value here
  std::map<int, std::vector<Wanted>> wanted_;
  std::optional<History> output_;
};

}  // namespace

Graph advancing(const Graph& graph, std::int64_t samples) {
  const std::vector<std::int64_t> fresh(graph.nodes.size(), samples);
  return Rewriter(graph, samples, fresh, Sharing::exact).run().graph;
}

AdvancingWindows advancing_windows(const Graph& graph, std::int64_t hop, Sharing sharing) {
  Rewriter rewriter(graph, hop, new_steps(graph, hop, sharing), sharing);
  rewriter.keep_output();
  return rewriter.run();
}

}  // namespace actionflow
