// Thresholds, classes to hear and the look of the page's videos, changed while a pipeline runs and kept for
// the next run.
//
// A change is JSON of a pipeline file's shape, {"graph": {NODE: {KEY: …}}, "web": {"overlay": {…}}}, merged
// key by key (RFC 7396): null goes back to what the file says. It is read and checked as the file would be
// with it, then taken up and kept, whole or not at all. From any thread.
#pragma once

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "pipeline/run/reload.h"
#include "pipeline/run/saved_settings.h"

namespace actionflow {

class SettingsChanges {
 public:
  // The pipeline's description with these settings, as load_pipeline() would read it.
  using Read = std::function<PipelineDescription(const config::Value& settings)>;

  // All outlive it.
  SettingsChanges(Reload& reload, const Pipeline& pipeline, SavedSettings& saved, Read read)
      : reload_(reload), pipeline_(pipeline), saved_(saved), read_(std::move(read)) {}

  // Throws UsageError or config::ConfigError that says what is wrong; then nothing has changed.
  void change(const std::string& patch);
  // What holds now: "file" (null: kept for the run alone), "streams" by name, without credentials, "graph" by
  // node, "labels" of each such node, "web".
  nlohmann::ordered_json json() const;
  OverlayLook look() const { return reload_.look(); }

 private:
  nlohmann::ordered_json checked(const std::string& patch) const;

  Reload& reload_;
  const Pipeline& pipeline_;
  SavedSettings& saved_;
  const Read read_;
  std::mutex mutex_;  // one change after the other
};

}  // namespace actionflow
