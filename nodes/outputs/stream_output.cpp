#include "nodes/outputs/stream_output.h"

#include <algorithm>

namespace actionflow {

void StreamOutput::window(const WindowResult& result) {
  if (found_ != Found::windows) return;
  const ScoredLabel& best = result.top.front();
  if (!result.none) streams_[result.stream].push_back({result.start, result.end, best.label, best.score});
}

void StreamOutput::event(const EventResult& result) {
  if (found_ != Found::events || !result.over()) return;
  const EventChange& change = result.change;
  streams_[result.stream].push_back({change.start, change.end, result.label, change.score});
}

void StreamOutput::stream_end(const StreamEnd& end) {
  std::vector<FoundAction> actions = std::move(streams_[end.stream]);
  streams_.erase(end.stream);
  if (!end.whole && !end.error) return;
  std::stable_sort(actions.begin(), actions.end(),
                   [](const FoundAction& a, const FoundAction& b) { return a.start < b.start; });
  write(end, actions);
}

}  // namespace actionflow
