#include "nodes/sinks/sink_flow.h"

#include <algorithm>
#include <numeric>
#include <variant>

#include "nodes/flow/process_item.h"

namespace actionflow {

namespace {

constexpr double kNsPerMs = 1e6;

double latency_ms(const RunContext& run, const Ticket& ticket) {
  return static_cast<double>(run.clock().steady_ns() - ticket.window().arrival_ns) / kNsPerMs;
}

// What an answer of the node `node` gives to be written.
struct Results {
  std::vector<Result> of(RunContext& run, const ScoresItem& item, const Scores& scores) const {
    const WindowInfo& window = item.ticket->window();
    return {WindowResult{run.stream(item.key.stream).name, node, window.start, window.end, window.padded,
                         top_classes(scores->values, *scores->classes), latency_ms(run, *item.ticket),
                         scores->none}};
  }
  static std::vector<Result> of(RunContext&, const EventsItem&, const Events& events) {
    return {events->begin(), events->end()};
  }

  std::string node;
};

template <class T, class Body>
void add_sink_node(Flow& flow, Sender<T>& sender, Body body) {
  auto& node = flow.make<tbb::flow::function_node<Item<T>, tbb::flow::continue_msg>>(
      flow.graph(), tbb::flow::serial, [body = std::move(body)](const Item<T>& item) {
        body(item);
        return tbb::flow::continue_msg();
      });
  tbb::flow::make_edge(sender, node);
}

template <class T>
void write_results(Flow& flow, const std::string& name, Results results, Sender<T>& sender,
                   Flow::WriteResult write) {
  RunContext& run = flow.run();
  add_sink_node<T>(flow, sender, [&run, name, results, write = std::move(write)](const Item<T>& item) {
    process_item<std::monostate>(run, name, item, [&](const T& value) -> Outcome<std::monostate> {
      for (Result& result : results.of(run, item, value)) write(item.key.stream, std::move(result));
      return std::monostate{};
    });
  });
}

template <class T>
void order_results(Flow& flow, int node, Results results, Sender<T>& sender) {
  RunContext& run = flow.run();
  ResultOrder& order = flow.result_order();
  add_sink_node<T>(flow, sender, [&run, &order, node, results](const Item<T>& item) {
    auto made = process_item<std::vector<Result>>(
        run, "results", item,
        [&](const T& value) -> Outcome<std::vector<Result>> { return results.of(run, item, value); });
    std::vector<Result> list;
    if (made.outcome.has_value()) {
      list = std::move(made.outcome.value());
      if (item.mark == Mark::none) {
        const auto latency_ns = static_cast<std::int64_t>(latency_ms(run, *item.ticket) * kNsPerMs);
        run.latency().add(latency_ns);
        run.stream(item.key.stream).latency_ns = latency_ns;
      }
    }
    order.put(node, item.key.stream, item.ticket->window().end, std::move(list));
  });
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
  auto write = flow.add_result_sink(use, std::move(sink));
  if (input.events) return write_results(flow, use.name, {input.node}, *input.events, std::move(write));
  write_results(flow, use.name, {input.node}, *input.scores, std::move(write));
}

void add_final_results(Flow& flow, const NodeUse& use, const NodeOutput& input) {
  ResultOrder& order = flow.result_order();
  const int node = order.add_node();
  flow.add_to_lanes(use, [&order, node](StreamLane& lane) { order.add_stream(node, lane.id()); });
  flow.bound_by_results(use);
  if (input.events) return order_results(flow, node, {input.node}, *input.events);
  order_results(flow, node, {input.node}, *input.scores);
}

}  // namespace actionflow
