#include "nodes/flow/result_order.h"

namespace actionflow {

int ResultOrder::add_node(const std::vector<StreamId>& streams) {
  for (const StreamId stream : streams) streams_[stream][nodes_];
  return nodes_++;
}

void ResultOrder::put(int node, StreamId stream, double end, std::optional<WindowResult> result) {
  const std::lock_guard lock(mutex_);
  if (run_.stream(stream).live) return write(result);
  Lanes& lanes = streams_.at(stream);
  lanes.at(node).push_back({end, std::move(result)});
  write(lanes, false);
}

void ResultOrder::flush() {
  const std::lock_guard lock(mutex_);
  for (auto& [stream, lanes] : streams_) write(lanes, true);
}

ResultOrder::Lanes::iterator ResultOrder::next(Lanes& lanes, bool at_end) {
  auto first = lanes.end();
  for (auto lane = lanes.begin(); lane != lanes.end(); ++lane) {
    if (lane->second.empty()) {
      if (!at_end) return lanes.end();
      continue;
    }
    if (first == lanes.end() || lane->second.front().end < first->second.front().end) first = lane;
  }
  return first;
}

void ResultOrder::write(Lanes& lanes, bool at_end) {
  for (auto lane = next(lanes, at_end); lane != lanes.end(); lane = next(lanes, at_end)) {
    const Answer answer = std::move(lane->second.front());
    lane->second.pop_front();
    write(answer.result);
  }
}

void ResultOrder::write(const std::optional<WindowResult>& result) {
  if (!result) return;
  try {
    sink_.window(*result);
  } catch (...) {
    run_.report_sink("results", Failure::from_current_exception());
  }
}

}  // namespace actionflow
