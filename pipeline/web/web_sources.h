// What the page shows: asked of the run when somebody looks.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/machine/clock.h"
#include "datasets/video/frame.h"
#include "pipeline/run/settings_changes.h"
#include "pipeline/run/stream_changes.h"
#include "pipeline/run/stream_view.h"
#include "pipeline/web/latest_results.h"

namespace actionflow {

// Each function may be called from any thread, and returns at once.
struct WebSources {
  std::function<std::vector<StreamView>()> streams;
  std::function<Frame(const std::string& stream)> newest_frame;  // empty: none yet, or an unknown stream
  std::shared_ptr<const LatestResults> latest;
  std::filesystem::path state_folder = {};    // of the graph's store; empty: it has none
  std::vector<std::string> classes = {};      // that events have
  std::function<std::string()> metrics = {};  // for Prometheus
  // What adds, changes and removes streams; null where the run ends by itself. These calls wait until it is
  // done.
  StreamChanges* changes = nullptr;
  // The same for thresholds and the like, and where all of it is kept.
  SettingsChanges* settings = nullptr;
  std::function<OverlayLook()> look = {};  // of videos
  std::function<std::vector<Trouble>()> troubles = {};
};

}  // namespace actionflow
