// What the page shows of a pipeline.
#pragma once

#include <memory>

#include "pipeline/graph/description.h"
#include "pipeline/run/pipeline.h"
#include "pipeline/web/web_sources.h"

namespace actionflow {

// `pipeline`, `changes` and `settings` outlive what is returned; `latest` is one of its sinks.
WebSources page_sources(Pipeline& pipeline, const PipelineDescription& description,
                        std::shared_ptr<const LatestResults> latest, StreamChanges* changes = nullptr,
                        SettingsChanges* settings = nullptr);

}  // namespace actionflow
