// A live run whose command line is read anew when its pipeline file changes, or at a SIGHUP.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "pipeline/commands/arguments/pipeline_flags.h"
#include "pipeline/run/process/reload_requests.h"
#include "pipeline/run/reload.h"
#include "pipeline/run/saved_settings.h"
#include "pipeline/run/settings_changes.h"
#include "pipeline/run/stream_changes.h"
#include "pipeline/sharing/camera_group.h"

namespace actionflow {

class LiveReload {
 public:
  // Watches the pipeline file from here on, so that no change after its first reading is missed.
  // Reads what was changed on its page in earlier runs; throws config::ConfigError where that is none.
  LiveReload(const PipelineFlags& flags, const Arguments& arguments);

  // To be laid over the pipeline file (PipelineOverrides::settings).
  config::Value settings() const { return saved_->value(); }

  // Stands while the pipeline runs.
  class Running {
   public:
    // `group` is that of a pipeline whose cameras are shared, else null.
    Running(Pipeline& pipeline, const PipelineDescription& description, const std::string& name,
            SavedSettings& saved, SettingsChanges::Read read, std::unique_ptr<FileWatch> watch,
            std::shared_ptr<CameraGroup> group);
    ~Running();

    StreamChanges& changes() { return changes_; }
    SettingsChanges& settings() { return settings_; }

   private:
    void change(const std::string& stream, const std::string& json) noexcept;
    bool hold(std::set<std::string> cameras, std::function<void()> done);

    Pipeline& pipeline_;
    const std::shared_ptr<CameraGroup> group_;
    Reload reload_;
    StreamChanges changes_;
    SettingsChanges settings_;
    ReloadRequests requests_;
  };
  // Null where no stream is live: recorded files end by themselves. `description` is what the pipeline was
  // made of; flags, arguments and this must outlive the result. Where a group shares its cameras, `lease` is
  // what the pipeline is bound to, and the result is let go once the pipeline has ended.
  std::unique_ptr<Running> begin(Pipeline& pipeline, const PipelineDescription& description,
                                 const std::shared_ptr<Lease>& lease = nullptr);

 private:
  const PipelineFlags& flags_;
  const Arguments& arguments_;
  std::unique_ptr<FileWatch> watch_;  // null where the command line names sources
  std::unique_ptr<SavedSettings> saved_;
};

}  // namespace actionflow
