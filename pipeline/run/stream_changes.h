// Streams added, changed and removed by messages while a pipeline runs: a name, and JSON as a stream's map in
// a pipeline file ({"source": "rtsp://…", "retry": true}), over the file's `defaults`.
//
// Cameras only: a message names no file of this machine, and nothing of its environment. What a message
// changed stands until the pipeline file changes the same stream, or the run ends; where it is kept among the
// settings, it holds for later runs, too, and goes before the file. From any thread.
#pragma once

#include <stdexcept>
#include <string>

#include "base/config/config.h"
#include "pipeline/run/reload.h"
#include "pipeline/run/saved_settings.h"

namespace actionflow {

class StreamChanges {
 public:
  enum class Done { added, changed, nothing };

  // Both outlive it.
  StreamChanges(Reload& reload, const Pipeline& pipeline, config::Value defaults)
      : reload_(reload), pipeline_(pipeline), defaults_(std::move(defaults)) {}

  // Throws UsageError or config::ConfigError that says what is wrong with the message.
  // An address that is what is shown of the stream's own, without credentials, stands for that. `keep`: also
  // there; Error (exit code 5) where that fails, then the change holds for the run.
  Done put(const std::string& name, const std::string& json, SavedSettings* keep = nullptr);
  // Nothing where there is none of that name. Throws UsageError for the last stream, with which the run would
  // end.
  Done remove(const std::string& name, SavedSettings* keep = nullptr);

 private:
  bool has(const std::string& name) const;

  Reload& reload_;
  const Pipeline& pipeline_;
  const config::Value defaults_;
};

}  // namespace actionflow
