#include "pipeline/run/reload.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log/log.h"
#include "models/formats/model_fingerprint.h"
#include "pipeline/graph/graph_difference.h"

namespace actionflow {

namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

}  // namespace

// What came of a description read anew, told in one line.
class Reload::Report {
 public:
  explicit Report(const std::string& name) : name_(name) {}

  // Makes one change, which gives whether there was anything to do; what it throws is logged at once.
  template <class Change>
  void note(const std::string& what, const std::string& name, Change&& change) {
    try {
      if (change()) names_[what].push_back(name);
    } catch (...) {
      failed_ = true;
      log::error("{}: '{}' is not taken up: {}", name_, name, Failure::from_current_exception().message);
    }
  }

  // `other`: what cannot be changed while it runs.
  void tell(const std::vector<std::string>& other) const {
    std::string text;
    for (const auto& [what, names] : names_) text += (text.empty() ? "" : "; ") + what + " " + listed(names);
    if (text.empty() && !failed_ && other.empty()) text = "nothing is new in it";
    if (!text.empty()) log::info("{}: {}", name_, text);
    if (!other.empty())
      log::warn("{}: {} cannot be changed while it runs; restart to take that up", name_, listed(other));
  }

 private:
  const std::string& name_;
  std::map<std::string, std::vector<std::string>> names_;  // by what became of them
  bool failed_ = false;
};

Reload::Reload(Pipeline& pipeline, const PipelineDescription& running, std::string name, Read read)
    : pipeline_(pipeline),
      name_(std::move(name)),
      read_(std::move(read)),
      graph_(running),
      file_streams_(running.file_streams),
      described_(sources_of(running)),
      running_(running.share ? Sources() : described_) {
  if (running.share) held_.emplace();
  for (const NodeDescription& node : running.nodes)
    if (const auto model = node.node->model()) described_models_[node.use.name] = model_fingerprint(*model);
  running_models_ = described_models_;
  for (const NodeDescription& node : running.nodes)
    if (node.kind->options_may_change) changeable_[node.use.name] = {node.options, node.node};
  look_ = running.look;
}

Reload::Sources Reload::sources_of(const PipelineDescription& description) {
  Sources sources;
  for (const StreamDescription& stream : description.streams) sources.emplace(stream.name, stream.source);
  return sources;
}

void Reload::reload() noexcept try { take_up(read_()); } catch (const config::ConfigError& error) {
  log::error("{}: not taken up, what runs goes on:\n{}", name_, error.what());
} catch (...) {
  log::error("{}: not taken up, what runs goes on: {}", name_, Failure::from_current_exception().message);
}

void Reload::take_up(const PipelineDescription& description) {
  const std::lock_guard lock(mutex_);
  file_streams_ = description.file_streams;
  for (const std::string& warning : description.warnings) log::warn("{}", warning);
  const std::vector<std::string> other = graph_difference(graph_, description);
  Report report(name_);
  take_up_streams(description, report);
  take_up_weights(description, other, report);
  take_up_options(description, other, report);
  report.tell(other);
}

// What comes before what goes: the run ends with its last stream.
void Reload::take_up_streams(const PipelineDescription& description, Report& report) {
  const Sources wanted = sources_of(description);
  const Sources before = described_;
  for (const StreamDescription& stream : description.streams) {
    const auto known = before.find(stream.name);
    if (known != before.end() && known->second == stream.source) continue;
    report.note(known == before.end() ? "added" : "changed", stream.name, [&] {
      const bool done = put(stream);
      described_[stream.name] = stream.source;
      return done;
    });
  }
  for (const auto& [name, source] : before) {
    if (wanted.contains(name)) continue;
    report.note("removed", name, [&, gone = name] {
      described_.erase(gone);
      const bool runs = running_.contains(gone);
      if (runs) remove(gone);
      return runs;
    });
  }
}

// `other`: nodes that are not as they were in more than their weights.
void Reload::take_up_weights(const PipelineDescription& description, const std::vector<std::string>& other,
                             Report& report) {
  for (const NodeDescription& node : description.nodes) {
    const auto model = node.node->model();
    const std::string& name = node.use.name;
    if (!model || std::find(other.begin(), other.end(), name) != other.end()) continue;
    const std::uint64_t fingerprint = model_fingerprint(*model);
    if (described_models_[name] == fingerprint) continue;
    report.note("exchanged the weights of", name, [&] {
      const bool done = exchange_if_other(name, *model, fingerprint);
      described_models_[name] = fingerprint;
      return done;
    });
  }
}

void Reload::take_up_options(const PipelineDescription& description, const std::vector<std::string>& other,
                             Report& report) {
  for (const NodeDescription& node : description.nodes) {
    const std::string& name = node.use.name;
    if (!node.kind->options_may_change || std::find(other.begin(), other.end(), name) != other.end())
      continue;
    const bool same = same_value(changeable_[name].options, node.options);
    if (!same)
      report.note("changed the options of", name, [&] {
        pipeline_.change_options(name, node.options);
        return true;
      });
    changeable_[name] = {node.options, node.node};
  }
  if (look_ != description.look)
    report.note("changed the look of", "overlay", [&] {
      look_ = description.look;
      return true;
    });
}

void Reload::hold(const std::set<std::string>& names) {
  const std::lock_guard lock(mutex_);
  held_ = names;
  Report report(name_);
  const Sources before = running_;
  for (const auto& [name, source] : before) {
    if (names.contains(name)) continue;
    report.note("left to others", name, [&, gone = name] {
      remove(gone);
      return true;
    });
  }
  for (const std::string& name : names) {
    const auto known = described_.find(name);
    if (known != described_.end() && !running_.contains(name))
      report.note("took over", name, [&] { return put({name, {}, known->second}); });
  }
  report.tell({});
}

std::map<std::string, Reload::Changeable> Reload::changeable() const {
  const std::lock_guard lock(mutex_);
  return changeable_;
}

std::set<std::string> Reload::file_streams() const {
  const std::lock_guard lock(mutex_);
  return file_streams_;
}

OverlayLook Reload::look() const {
  const std::lock_guard lock(mutex_);
  return look_;
}

std::optional<SourceOptions> Reload::source_of(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(stream);
  return found == running_.end() ? std::nullopt : std::optional(found->second);
}

bool Reload::put_stream(const StreamDescription& stream) {
  const std::lock_guard lock(mutex_);
  return put(stream);
}

void Reload::remove_stream(const std::string& name) {
  const std::lock_guard lock(mutex_);
  remove(name);
}

void Reload::exchange(const std::string& node, const Model& model) {
  const std::lock_guard lock(mutex_);
  exchange_if_other(node, model, model_fingerprint(model));
}

// False where it has that source already, or is another machine's.
bool Reload::put(const StreamDescription& stream) {
  if (held_ && !held_->contains(stream.name)) return false;
  const auto runs = running_.find(stream.name);
  if (runs == running_.end()) {
    pipeline_.attach(stream);
  } else if (runs->second == stream.source) {
    return false;
  } else {
    running_.erase(runs);
    pipeline_.replace(stream);
  }
  running_[stream.name] = stream.source;
  return true;
}

void Reload::remove(const std::string& name) {
  pipeline_.detach(name);
  running_.erase(name);
}

// False where these are the weights that it has.
bool Reload::exchange_if_other(const std::string& node, const Model& model, std::uint64_t fingerprint) {
  const auto runs = running_models_.find(node);
  if (runs != running_models_.end() && runs->second == fingerprint) return false;
  pipeline_.exchange(node, model);
  running_models_[node] = fingerprint;
  return true;
}

}  // namespace actionflow
