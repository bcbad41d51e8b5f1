#include "nodes/sink_flow.h"

#include <algorithm>
#include <numeric>
#include <variant>

#include "nodes/answer.h"

namespace actionflow {

namespace {

constexpr double kNsPerMs = 1e6;

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

void add_result_sink(Flow& flow, const std::string& name, const NodeOutput& input,
                     std::function<void(const WindowResult&)> write) {
  using Nothing = std::monostate;
  RunContext& run = flow.run();
  auto body = [&run, name, source = input.node, classes = input.classes,
               write = std::move(write)](const ScoresItem& item) {
    answer<Nothing>(run, name, item, [&](const Scores& scores) -> Outcome<Nothing> {
      const WindowInfo& window = item.ticket->window();
      const double latency_ms = static_cast<double>(steady_ns() - window.arrival_ns) / kNsPerMs;
      write({run.stream(item.key.stream).name, source, window.start, window.end, window.padded,
             top_classes(*scores, *classes), latency_ms});
      return Nothing{};
    });
    return tbb::flow::continue_msg();
  };
  using SinkNode = tbb::flow::function_node<ScoresItem, tbb::flow::continue_msg>;
  auto& node = flow.make<SinkNode>(flow.graph(), tbb::flow::serial, std::move(body));
  tbb::flow::make_edge(*input.scores, node);
}

void add_final_results(Flow& flow, const NodeOutput& input) {
  add_result_sink(flow, "results", input, [&flow](const WindowResult& result) {
    flow.run().latency().add(static_cast<std::int64_t>(result.latency_ms * kNsPerMs));
    flow.write_result(result);
  });
}

}  // namespace actionflow
