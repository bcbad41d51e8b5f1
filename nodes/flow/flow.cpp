#include "nodes/flow/flow.h"

#include <algorithm>

#include "nodes/flow/node.h"

namespace actionflow {

namespace {

// The thread that waits for the graph joins it in a place of its own.
constexpr unsigned kWaitingThreads = 1;

}  // namespace

Flow::Flow(RunContext& run, const GraphOptions& options, ResultSink& results)
    : run_(run),
      options_(options),
      arena_(options.workers + static_cast<int>(kWaitingThreads), kWaitingThreads),
      results_(results),
      result_order_(run, results),
      streams_(static_cast<std::size_t>(run.stream_count())) {
  arena_.execute([this] { graph_ = std::make_unique<tbb::flow::graph>(); });
}

Flow::~Flow() {
  graph_->wait_for_all();
  finish_.clear();
  while (!parts_.empty()) parts_.pop_back();
}

void Flow::add_input(StreamId stream, Receiver<PacketMessage>& receiver) {
  streams_[static_cast<std::size_t>(stream)].inputs.push_back(&receiver);
}

void Flow::put(StreamId stream, const PacketItem& item) {
  for (Receiver<PacketMessage>* input : streams_[static_cast<std::size_t>(stream)].inputs)
    input->try_put(item);
}

bool Flow::has_inputs(StreamId stream) const {
  return !streams_[static_cast<std::size_t>(stream)].inputs.empty();
}

void Flow::add_bound(StreamId stream, std::function<bool()> has_room) {
  streams_[static_cast<std::size_t>(stream)].bounds.push_back(std::move(has_room));
}

bool Flow::has_room(StreamId stream) const {
  const auto& bounds = streams_[static_cast<std::size_t>(stream)].bounds;
  return std::all_of(bounds.begin(), bounds.end(), [](const auto& has_room) { return has_room(); });
}

void Flow::set_room_listener(StreamId stream, std::function<void()> changed) {
  streams_[static_cast<std::size_t>(stream)].listener = std::move(changed);
}

void Flow::tell_room(StreamId stream) {
  const auto& listener = streams_[static_cast<std::size_t>(stream)].listener;
  if (listener) listener();
}

void Flow::finish(const Summary& summary) {
  for (const auto& finish : finish_) {
    try {
      finish(summary);
    } catch (...) {
      run_.report_sink("", Failure::from_current_exception());
    }
  }
}

void Flow::wait() {
  graph_->wait_for_all();
  result_order_.flush();
}

}  // namespace actionflow
