#include "nodes/sinks/sink_flow.h"

#include <algorithm>
#include <numeric>
#include <variant>

#include "nodes/flow/process_item.h"

namespace actionflow {

namespace {

constexpr double kNsPerMs = 1e6;

// Whose scores they are.
struct Origin {
  WindowResult result(RunContext& run, const ScoresItem& item, const ClassScores& scores) const {
    const WindowInfo& window = item.ticket->window();
    const double latency_ms = static_cast<double>(steady_ns() - window.arrival_ns) / kNsPerMs;
    const std::string& stream = run.stream(item.key.stream).name;
    return {stream,     node,          window.start,
            window.end, window.padded, top_classes(scores.values, *scores.classes),
            latency_ms, scores.none};
  }

  std::string node;
};

template <class Body>
void add_sink_node(Flow& flow, Sender<Scores>& sender, Body body) {
  auto& node = flow.make<tbb::flow::function_node<ScoresItem, tbb::flow::continue_msg>>(
      flow.graph(), tbb::flow::serial, [body = std::move(body)](const ScoresItem& item) {
        body(item);
        return tbb::flow::continue_msg();
      });
  tbb::flow::make_edge(sender, node);
}

}  // namespace

std::vector<ScoredLabel> top_classes(const std::vector<float>& scores,
                                     const std::vector<std::string>& classes) {
  std::vector<std::size_t> order(std::min(scores.size(), classes.size()));
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::size_t count = std::min(kTopClasses, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
      [&](std::size_t a, std::size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  std::vector<ScoredLabel> top;
  for (std::size_t i = 0; i < count; ++i) top.push_back({classes[order[i]], scores[order[i]]});
  return top;
}

void add_result_sink(Flow& flow, const NodeUse& use, const NodeOutput& input,
                     std::shared_ptr<ResultSink> sink) {
  RunContext& run = flow.run();
  auto write = flow.add_result_sink(use, std::move(sink));
  add_sink_node(
      flow, *input.scores,
      [&run, name = use.name, of = Origin{input.node}, write = std::move(write)](const ScoresItem& item) {
        process_item<std::monostate>(run, name, item, [&](const Scores& scores) -> Outcome<std::monostate> {
          write(item.key.stream, of.result(run, item, *scores));
          return std::monostate{};
        });
      });
}

void add_final_results(Flow& flow, const NodeUse& use, const NodeOutput& input) {
  RunContext& run = flow.run();
  ResultOrder& order = flow.result_order();
  const int node = order.add_node();
  flow.add_to_lanes(use, [&order, node](StreamLane& lane) { order.add_stream(node, lane.id()); });
  flow.bound_by_results(use);
  add_sink_node(flow, *input.scores, [&run, &order, node, of = Origin{input.node}](const ScoresItem& item) {
    auto made = process_item<WindowResult>(
        run, "results", item,
        [&](const Scores& scores) -> Outcome<WindowResult> { return of.result(run, item, *scores); });
    std::optional<WindowResult> result;
    if (made.outcome.has_value()) {
      result = std::move(made.outcome.value());
      run.latency().add(static_cast<std::int64_t>(result->latency_ms * kNsPerMs));
    }
    order.put(node, item.key.stream, item.ticket->window().end, std::move(result));
  });
}

}  // namespace actionflow
