// Streams added, changed and removed by messages while a pipeline runs: a name, and JSON as a stream's map in
// a pipeline file ({"source": "rtsp://…", "retry": true}), over the file's `defaults`.
//
// Cameras only: a message names no file of this machine, and nothing of its environment. What a message
// changed stands until the pipeline file changes the same stream, or the run ends. From any thread.
#pragma once

#include <stdexcept>
#include <string>

#include "base/config/config.h"
#include "pipeline/run/reload.h"

namespace actionflow {

class StreamChanges {
 public:
  enum class Done { added, changed, nothing };

  // Both outlive it.
  StreamChanges(Reload& reload, const Pipeline& pipeline, config::Value defaults)
      : reload_(reload), pipeline_(pipeline), defaults_(std::move(defaults)) {}

  // Throws UsageError or config::ConfigError that says what is wrong with the message.
  Done put(const std::string& name, const std::string& json);
  // Nothing where there is none of that name. Throws UsageError for the last stream, with which the run would
  // end.
  Done remove(const std::string& name);

 private:
  bool has(const std::string& name) const;

  Reload& reload_;
  const Pipeline& pipeline_;
  const config::Value defaults_;
};

}  // namespace actionflow
