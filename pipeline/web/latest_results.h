// The newest result of each stream, for the page: the top classes of its last window, and the action under
// way.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "nodes/results/result_sink.h"

namespace actionflow {

// A sink beside the program's own. latest() may be called from any thread.
class LatestResults : public ResultSink {
 public:
  struct Latest {
    std::vector<ScoredLabel> top;      // of the last window, best first; empty: no windows are results
    bool none = false;                 // that is none of the classes
    std::optional<EventResult> event;  // begun and not over
  };

  void window(const WindowResult& result) override;
  void event(const EventResult& result) override;
  void stream_end(const StreamEnd& end) override;
  void summary(const Summary&) override {}

  Latest latest(const std::string& stream) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Latest> streams_;
};

}  // namespace actionflow
