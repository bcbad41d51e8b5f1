#include "pipeline/web/latest_results.h"

namespace actionflow {

void LatestResults::window(const WindowResult& result) {
  const std::lock_guard lock(mutex_);
  Latest& latest = streams_[result.stream];
  latest.top = result.top;
  latest.none = result.none;
}

void LatestResults::event(const EventResult& result) {
  const std::lock_guard lock(mutex_);
  Latest& latest = streams_[result.stream];
  if (!result.over()) {
    latest.event = result;
  } else if (latest.event && latest.event->id == result.id) {
    latest.event.reset();
  }
}

void LatestResults::stream_end(const StreamEnd& end) {
  const std::lock_guard lock(mutex_);
  streams_.erase(end.stream);
}

LatestResults::Latest LatestResults::latest(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream);
  return found == streams_.end() ? Latest() : found->second;
}

}  // namespace actionflow
