#include "pipeline/commands/live_reload.h"

#include <algorithm>
#include <set>

namespace actionflow {

namespace {

// Reads again what `first` was read from. What was done when the run began is passed over as it was then.
Reload::Read read_again(const PipelineFlags& flags, const Arguments& arguments,
                        const PipelineDescription& first) {
  PipelineFlags again = flags;
  again.overrides.done = [done = std::set(first.passed_over.begin(), first.passed_over.end())](
                             const std::string& stream) { return done.contains(stream); };
  return [again, &arguments]() mutable { return again.read(again.sources(arguments).arguments); };
}

}  // namespace

LiveReload::LiveReload(const PipelineFlags& flags, const Arguments& arguments)
    : flags_(flags), arguments_(arguments) {
  if (flags.names_file(arguments)) watch_ = std::make_unique<FileWatch>(arguments.files.front());
}

std::unique_ptr<LiveReload::Running> LiveReload::begin(Pipeline& pipeline,
                                                       const PipelineDescription& description) {
  const bool live = std::any_of(description.streams.begin(), description.streams.end(),
                                [](const StreamDescription& stream) { return is_live(stream.source); });
  if (!live) return nullptr;
  const std::string name = watch_ ? watch_->file().string() : "the command line";
  return std::make_unique<Running>(pipeline, description, name, read_again(flags_, arguments_, description),
                                   std::move(watch_));
}

}  // namespace actionflow
