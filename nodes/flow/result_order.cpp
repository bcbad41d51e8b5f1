#include "nodes/flow/result_order.h"

namespace actionflow {

void ResultOrder::add_stream(int node, StreamId stream) {
  const std::lock_guard lock(mutex_);
  streams_[stream][node];
}

void ResultOrder::put(int node, StreamId stream, double end, std::vector<Result> results) {
  const std::lock_guard lock(mutex_);
  if (run_.stream(stream).live) return write(stream, std::move(results));
  Lanes& lanes = streams_.at(stream);
  lanes.at(node).push_back({end, std::move(results)});
  write(stream, lanes, false);
}

void ResultOrder::flush() {
  const std::lock_guard lock(mutex_);
  for (auto& [stream, lanes] : streams_) write(stream, lanes, true);
}

void ResultOrder::forget(StreamId stream) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  write(stream, found->second, true);
  streams_.erase(found);
}

std::size_t ResultOrder::streams() const {
  const std::lock_guard lock(mutex_);
  return streams_.size();
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

void ResultOrder::write(StreamId stream, Lanes& lanes, bool at_end) {
  for (auto lane = next(lanes, at_end); lane != lanes.end(); lane = next(lanes, at_end)) {
    NodeResults first = std::move(lane->second.front());
    lane->second.pop_front();
    write(stream, std::move(first.results));
  }
}

void ResultOrder::write(StreamId stream, std::vector<Result> results) {
  for (Result& result : results) write_(stream, std::move(result));
}

}  // namespace actionflow
