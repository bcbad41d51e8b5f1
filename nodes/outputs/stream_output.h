// A sink that writes a stream whole when nothing more of it comes, so that its file says which are done.
//
// What a run that was stopped has found so far of a file is not written: the next one begins with that file
// anew. A camera is done when it is stopped.
#pragma once

#include <map>
#include <vector>

#include "nodes/outputs/found_action.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

// Which results it takes.
enum class Found { windows, events };

class StreamOutput : public ResultSink {
 public:
  explicit StreamOutput(Found found) : found_(found) {}
  void window(const WindowResult& result) final;
  void event(const EventResult& result) final;
  void stream_end(const StreamEnd& end) final;
  void summary(const Summary&) final {}

 protected:
  // By their starts. `end` is whole, or has an error.
  virtual void write(const StreamEnd& end, const std::vector<FoundAction>& actions) = 0;

 private:
  const Found found_;
  std::map<std::string, std::vector<FoundAction>> streams_;
};

}  // namespace actionflow
