#include "pipeline/commands/live_reload.h"

#include <algorithm>
#include <set>

#include "base/log/log.h"

namespace actionflow {

namespace {

// Reads again what `first` was read from. What was done when the run began is passed over as it was then.
SettingsChanges::Read read_again(const PipelineFlags& flags, const Arguments& arguments,
                                 const PipelineDescription& first) {
  PipelineFlags again = flags;
  again.overrides.done = [done = std::set(first.passed_over.begin(), first.passed_over.end())](
                             const StreamDescription& stream) { return done.contains(stream.name); };
  return [again, &arguments](const config::Value& settings) {
    PipelineFlags now = again;
    now.overrides.settings = settings;
    return now.read(now.sources(arguments).arguments);
  };
}

std::vector<std::string> names_of(const PipelineDescription& description) {
  std::vector<std::string> names;
  for (const StreamDescription& stream : description.streams) names.push_back(stream.name);
  return names;
}

}  // namespace

LiveReload::Running::Running(Pipeline& pipeline, const PipelineDescription& description,
                             const std::string& name, SavedSettings& saved, SettingsChanges::Read read,
                             std::unique_ptr<FileWatch> watch, std::shared_ptr<CameraGroup> group)
    : pipeline_(pipeline),
      group_(std::move(group)),
      reload_(pipeline, description, name,
              [&saved, read] {
                PipelineDescription again = read(saved.value());
                saved.forget_removed_but(again.file_streams);
                return again;
              }),
      changes_(reload_, pipeline, saved, description.defaults),
      settings_(reload_, pipeline, saved, std::move(read)),
      requests_(
          std::move(watch), [this] { reload_.reload(); }, [&pipeline] { pipeline.stop(); }) {
  pipeline.take_requests([this](const std::string& stream, const std::string& json) {
    if (!requests_.post([this, stream, json] { change(stream, json); }))
      log::error("a message for stream '{}' is not taken up: {} others wait already", stream,
                 ReloadRequests::kMostPosted);
  });
  if (group_)
    group_->start([this](auto cameras, auto done) { return hold(std::move(cameras), std::move(done)); });
}

LiveReload::Running::~Running() {
  if (group_) group_->leave();
  pipeline_.take_requests(nullptr);
}

bool LiveReload::Running::hold(std::set<std::string> cameras, std::function<void()> done) {
  return requests_.post([this, cameras = std::move(cameras), done = std::move(done)] {
    reload_.hold(cameras);
    done();
  });
}

void LiveReload::Running::change(const std::string& stream, const std::string& json) noexcept try {
  const StreamChanges::Done done = json.empty() ? changes_.remove(stream) : changes_.put(stream, json);
  if (done == StreamChanges::Done::nothing) return;
  log::info("by a message, stream '{}' is {}", stream,
            done == StreamChanges::Done::added ? "added"
            : json.empty()                     ? "removed"
                                               : "changed");
} catch (...) {
  log::error("a message for stream '{}' is not taken up: {}", stream,
             Failure::from_current_exception().message);
}

LiveReload::LiveReload(const PipelineFlags& flags, const Arguments& arguments)
    : flags_(flags), arguments_(arguments) {
  std::filesystem::path file;
  if (flags.names_file(arguments)) {
    watch_ = std::make_unique<FileWatch>(arguments.files.front());
    file = SavedSettings::file_of(watch_->file());
  }
  saved_ = std::make_unique<SavedSettings>(std::move(file));
}

std::unique_ptr<LiveReload::Running> LiveReload::begin(Pipeline& pipeline,
                                                       const PipelineDescription& description,
                                                       const std::shared_ptr<Lease>& lease) {
  const bool live = std::any_of(description.streams.begin(), description.streams.end(),
                                [](const StreamDescription& stream) { return is_live(stream.source); });
  if (!live) return nullptr;
  saved_->forget_removed_but(description.file_streams);
  const std::string name = watch_ ? watch_->file().string() : "the command line";
  SettingsChanges::Read read = read_again(flags_, arguments_, description);
  std::shared_ptr<CameraGroup> group;
  if (description.share) {
    group = std::make_shared<CameraGroup>(*description.share, lease);
    group->set_cameras(names_of(description));
    read = [group, read](const config::Value& settings) {
      PipelineDescription again = read(settings);
      group->set_cameras(names_of(again));
      return again;
    };
  }
  return std::make_unique<Running>(pipeline, description, name, *saved_, std::move(read), std::move(watch_),
                                   std::move(group));
}

}  // namespace actionflow
