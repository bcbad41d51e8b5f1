// Streams added, changed and removed by messages while a pipeline runs: a name, and JSON as a stream's map in
// a pipeline file ({"source": "rtsp://…", "retry": true}), over the file's `defaults`.
//
// Cameras only: a message names no file of this machine, and nothing of its environment. What a message
// changed is kept among the settings: it holds for later runs, too, and goes before the file. From any
// thread.
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

  // All outlive it.
  StreamChanges(Reload& reload, const Pipeline& pipeline, SavedSettings& saved, config::Value defaults)
      : reload_(reload), pipeline_(pipeline), saved_(saved), defaults_(std::move(defaults)) {}

  // Throws UsageError or config::ConfigError that says what is wrong with the message, and Error (exit code
  // 5) where it cannot be kept; then the change holds for the run. An address that is what is shown of the
  // stream's own, without credentials, stands for that.
  Done put(const std::string& name, const std::string& json);
  // Nothing where there is none of that name. Throws UsageError for the last stream, with which the run would
  // end.
  Done remove(const std::string& name);

 private:
  void check_not_shared() const;
  bool has(const std::string& name) const;

  Reload& reload_;
  const Pipeline& pipeline_;
  SavedSettings& saved_;
  const config::Value defaults_;
};

}  // namespace actionflow
