#include "pipeline/graph/description.h"

#include <algorithm>
#include <set>

#include "base/machine/machine_limits.h"
#include "base/text/source_name.h"
#include "base/text/utf8.h"
#include "datasets/video/source_policy.h"
#include "nodes/kinds/network_node.h"
#include "nodes/node_kinds.h"
#include "pipeline/graph/graph_check.h"
#include "pipeline/graph/output_check.h"
#include "pipeline/graph/settings.h"
#include "pipeline/graph/stream_name.h"

namespace actionflow {

void PipelineOptions::describe(config::Fields<PipelineOptions>& fields) {
  fields
      .add("workers", &PipelineOptions::workers,
           "nodes that run at the same time; 0: processors divided by threads")
      .range(0, 1024);
  fields
      .add("threads", &PipelineOptions::threads,
           "threads inside one call of a network; more than 1 shortens the latency of a single stream")
      .range(1, 1024);
  fields.add("precision", &PipelineOptions::precision, "what networks calculate in");
  fields.add(
      "kernels", &PipelineOptions::kernels,
      "auto: as measured on this machine, where `inspect --plan --tune` has; fixed: in their fixed order; "
      "or a file of measured choices");
}

GraphOptions PipelineOptions::resolved() const {
  const int processors = usable_processors();
  return {workers > 0 ? workers : std::max(1, processors / threads), threads, precision, measured};
}

namespace {

// The file's own keys; what is in them is read one by one, to keep places.
struct PipelineFile {
  PipelineOptions options;
  MetricsOptions metrics;
  config::Value defaults;
  config::Value streams;
  config::Value graph;
  std::optional<WebOptions> web;
  std::optional<ShareOptions> share;
  static void describe(config::Fields<PipelineFile>& fields) {
    fields.add("options", &PipelineFile::options, "how the graph runs");
    fields.add("metrics", &PipelineFile::metrics, "how the run is, for Prometheus");
    fields.add("defaults", &PipelineFile::defaults, "merged key by key into each stream");
    fields.add("streams", &PipelineFile::streams, "sources by name").required();
    fields.add("graph", &PipelineFile::graph, "nodes by name, each with node: KIND and from: its input")
        .required();
    fields.add("web", &PipelineFile::web, "a page to watch the streams on");
    fields.add("share", &PipelineFile::share, "a group of machines that share the cameras of this file");
  }
};

// A file's name counts from the folder that the pipeline file stands in.
std::string resolved_source(const std::string& source, const std::filesystem::path& folder) {
  const bool is_file = source != "-" && source.find("://") == std::string::npos;
  return is_file && !folder.empty() ? (folder / source).string() : source;
}

// What comes through a pipe is something else each time.
bool can_be_done(const SourceOptions& source) { return !is_live(source) && source.source != "-"; }

std::optional<SourceOptions> source_of_stream(const std::string& name, const config::Place& place,
                                              const config::Value& value, const config::Value& defaults,
                                              config::Diagnostics& diagnostics) {
  SourceOptions options;
  const config::Value* source = &value;
  config::Value merged;
  if (value.is_scalar()) {
    if (!defaults.is_null()) options = config::read<SourceOptions>(defaults, diagnostics);
    options.source = value.text();
  } else {
    merged = defaults.is_null() ? value : config::merge(defaults, value);
    options = config::read<SourceOptions>(merged, diagnostics);
    source = merged.find("source");
  }
  if (!source || options.source.empty()) {
    diagnostics.add(place, "stream '" + name + "' has no source, expected source: FILE or address");
    return std::nullopt;
  }
  options.source = resolved_source(options.source, source->folder());
  return options;
}

class PipelineReader {
 public:
  explicit PipelineReader(const PipelineOverrides& overrides) : overrides_(overrides) {}

  PipelineDescription read(const config::Value& file_root) {
    const config::Value root = with_settings(file_root, overrides_.settings, description_.warnings);
    if (const config::Value* streams = file_root.find("streams"); streams && streams->is_map())
      for (const auto& entry : streams->entries()) description_.file_streams.insert(entry.key);
    config::Diagnostics& diagnostics = problems_.diagnostics();
    const PipelineFile file = config::read<PipelineFile>(root, diagnostics);
    description_.options = file.options;
    if (const config::Value* options = root.find("options"))
      if (const config::Value* kernels = options->find("kernels")) kernels_place_ = kernels->place();
    description_.metrics = file.metrics;
    description_.place = file_root.place();
    if (const config::Value* metrics = root.find("metrics")) description_.metrics_place = metrics->place();
    description_.web = file.web;
    description_.share = file.share;
    if (file.web) description_.look = file.web->overlay;
    description_.defaults = file.defaults;
    if (expect_map(file.streams, "streams")) {
      for (const auto& entry : file.streams.entries()) read_stream(entry, file.defaults);
      check_streams();
    }
    std::vector<NodeDraft> drafts;
    if (expect_map(file.graph, "graph")) {
      for (const auto& entry : file.graph.entries()) read_node(entry, drafts);
    }
    return finish(std::move(drafts));
  }

  PipelineDescription over(const std::vector<std::string>& sources, std::shared_ptr<const Model> model) {
    const config::Place nowhere;
    for (const std::string& source : sources) {
      SourceOptions options;
      options.source = source;
      if (overrides_.recordings.contains(source)) options.live = false;
      const std::string name =
          is_live(options) ? printable(without_credentials(source)) : recording_name(source);
      add_stream({unique_name(name), nowhere, options});
    }
    const bool tells_actions = model->architecture.gives_action_scores();
    const std::string network = natural_node_kind(model->architecture);
    const Cut cut = network == "cnn3d"      ? Cut::none
                    : network == "cnn_lstm" ? Cut::before_recurrent
                                            : Cut::branches;
    std::vector<NodeDraft> drafts;
    add_draft(drafts, "decode", "frames", {});
    add_draft(drafts, "window", "clips", "frames");
    const std::string name = model->architecture.name.empty() ? "network" : model->architecture.name;
    drafts.push_back({find_node_kind(network),
                      name,
                      nowhere,
                      {"clips"},
                      {nowhere},
                      false,
                      {},
                      std::make_shared<NetworkNode>(std::move(model), cut,
                                                    overrides_.advance.value_or(Advance::automatic))});
    if (tells_actions) add_draft(drafts, "events", "events", name);
    return finish(std::move(drafts));
  }

 private:
  void add_stream(StreamDescription stream) {
    names_.insert(stream.name);
    if (overrides_.elsewhere && overrides_.elsewhere(stream)) {
      description_.elsewhere.push_back(std::move(stream.name));
    } else if (can_be_done(stream.source) && overrides_.done && overrides_.done(stream)) {
      description_.passed_over.push_back(std::move(stream.name));
    } else {
      description_.streams.push_back(std::move(stream));
    }
  }

  PipelineDescription finish(std::vector<NodeDraft> drafts) {
    description_.windows_too = overrides_.windows_too;
    const config::Value look = settings_of_overlay(overrides_.settings);
    if (!description_.web && look.is_map())
      description_.look = config::read<OverlayLook>(look, problems_.diagnostics());
    if (overrides_.workers) description_.options.workers = *overrides_.workers;
    if (overrides_.threads) description_.options.threads = *overrides_.threads;
    if (overrides_.precision) description_.options.precision = *overrides_.precision;
    read_kernels();
    check_standard_input();
    check_share();
    check_graph(std::move(drafts), description_, problems_);
    check_outputs(description_, problems_.diagnostics());
    problems_.throw_if_any();
    warn_of_share();
    return std::move(description_);
  }

  void read_kernels() {
    PipelineOptions& options = description_.options;
    if (overrides_.kernels) {
      options.kernels = *overrides_.kernels;
      options.measured = kernels_of(options.kernels);
      return;
    }
    try {
      options.measured = kernels_of(options.kernels);
    } catch (const ModelError& error) {
      problems_.diagnostics().add(kernels_place_, error.what());
    }
  }

  void check_streams() {
    for (const StreamDescription& stream : description_.streams) {
      if (const std::string wrong = wrong_stream_name(stream.name, NamedBy::file); !wrong.empty())
        problems_.diagnostics().add(stream.place, "'" + printable(stream.name) + "' " + wrong);
      if (const std::string wrong = unopened_scheme(stream.source.source); !wrong.empty())
        problems_.diagnostics().add(stream.place, "stream '" + stream.name + "': " + wrong);
    }
  }

  // Two readers would each get some of its bytes.
  void check_standard_input() {
    bool taken = false;
    for (const StreamDescription& stream : description_.streams) {
      if (stream.source.source != "-") continue;
      if (taken) {
        problems_.diagnostics().add(
            stream.place, "stream '" + stream.name + "' reads standard input, expected one stream to do so");
      }
      taken = true;
    }
  }

  // Recordings end, and would begin anew on each machine that they fall to.
  void check_share() {
    if (!description_.share) return;
    for (const StreamDescription& stream : description_.streams) {
      if (!is_live(stream.source) || stream.source.source == "-")
        problems_.diagnostics().add(
            stream.place, "stream '" + stream.name +
                              "' is no camera, and a group shares cameras alone; expected an address or a "
                              "device, or `classify --shard i/n` in place of `share`");
    }
  }

  void warn_of_share() {
    if (!description_.share) return;
    if (const std::string warning = description_.share->warning(); !warning.empty())
      description_.warnings.push_back(config::to_string(description_.place) + ": warning: share: " + warning);
  }

  bool expect_map(const config::Value& value, const std::string& what) {
    if (value.is_map() && !value.entries().empty()) return true;
    if (value.place().line > 0) {
      problems_.diagnostics().add(value.place(),
                                  what + " is empty or not a map, expected names with what they hold");
    }
    return false;
  }

  void read_stream(const config::Value::Entry& entry, const config::Value& defaults) {
    if (auto source =
            source_of_stream(entry.key, entry.key_place, entry.value, defaults, problems_.diagnostics()))
      add_stream({entry.key, entry.key_place, std::move(*source)});
  }

  void read_node(const config::Value::Entry& entry, std::vector<NodeDraft>& drafts) {
    NodeDraft draft;
    draft.name = entry.key;
    draft.place = entry.key_place;
    draft.kind = find_kind(entry);
    if (!draft.kind) return drafts.push_back(std::move(draft));
    read_names(entry.value.find("from"), draft.from, &draft.from_places);
    draft.names_streams = entry.value.find("streams") != nullptr;
    read_names(entry.value.find("streams"), draft.streams, nullptr);
    draft.options = with_overrides(*draft.kind, entry.value);
    const std::size_t before = problems_.diagnostics().list().size();
    draft.node = draft.kind->read(draft.options, problems_.diagnostics());
    draft.wrong = problems_.diagnostics().list().size() > before;
    drafts.push_back(std::move(draft));
  }

  const NodeKind* find_kind(const config::Value::Entry& entry) {
    config::Diagnostics& diagnostics = problems_.diagnostics();
    const config::Value* name = entry.value.find("node");
    std::vector<std::string> names;
    for (const NodeKind& kind : node_kinds()) names.push_back(kind.name);
    std::string list;
    for (const std::string& one : names) list += (list.empty() ? "" : ", ") + one;
    if (!name || !name->is_scalar()) {
      diagnostics.add(entry.key_place, "'" + entry.key + "' has no kind, expected node: with one of " + list);
      return nullptr;
    }
    const NodeKind* kind = find_node_kind(name->text());
    if (!kind) {
      const std::string nearest = config::did_you_mean(name->text(), names);
      diagnostics.add(name->place(),
                      "there is no kind of node '" + name->text() + "', expected one of " + list,
                      nearest.empty() ? "" : "did you mean '" + nearest + "'?");
    }
    return kind;
  }

  // A name or a list of names.
  void read_names(const config::Value* value, std::vector<std::string>& names,
                  std::vector<config::Place>* places) {
    if (!value) return;
    const std::vector<config::Value> one{*value};
    for (const config::Value& item : value->is_list() ? value->items() : one) {
      if (!item.is_scalar()) {
        problems_.diagnostics().add(item.place(), "expected a name or a list of names");
        continue;
      }
      names.push_back(item.text());
      if (places) places->push_back(item.place());
    }
  }

  config::Value with_overrides(const NodeKind& kind, const config::Value& options) const {
    if (overrides_.hop && kind.output == PortType::clips)
      return config::merge(options, config::parse("hop: " + std::to_string(*overrides_.hop), "--hop"));
    if (overrides_.advance && is_network(kind))
      return config::merge(
          options, config::parse("advance: " + std::string(to_string(*overrides_.advance)), "--advance"));
    return options;
  }

  void add_draft(std::vector<NodeDraft>& drafts, const std::string& kind, const std::string& name,
                 const std::string& from) {
    NodeDraft draft;
    draft.kind = find_node_kind(kind);
    draft.name = name;
    if (!from.empty()) {
      draft.from = {from};
      draft.from_places = {{}};
    }
    const config::Value own = settings_of_node(overrides_.settings, name);
    const config::Value options =
        own.is_map() && draft.kind->options_may_change ? own : config::parse("{}", "command line");
    if (draft.kind->options_may_change) draft.options = options;
    draft.node = draft.kind->read(with_overrides(*draft.kind, options), problems_.diagnostics());
    drafts.push_back(std::move(draft));
  }

  // The same file may be given twice.
  std::string unique_name(const std::string& name) const {
    std::string unique = name;
    for (int k = 2; names_.contains(unique); ++k) unique = name + " (" + std::to_string(k) + ")";
    return unique;
  }

  const PipelineOverrides& overrides_;
  std::set<std::string> names_;  // of all streams
  config::Place kernels_place_;
  PipelineDescription description_;
  Problems problems_;
};

}  // namespace

StreamDescription read_stream(const std::string& name, const config::Value& value,
                              const config::Value& defaults) {
  Problems problems;
  auto source = source_of_stream(name, value.place(), value, defaults, problems.diagnostics());
  problems.throw_if_any();
  return {name, value.place(), std::move(*source)};
}

PipelineDescription read_pipeline(const config::Value& root, const PipelineOverrides& overrides) {
  return PipelineReader(overrides).read(root);
}

PipelineDescription load_pipeline(const std::filesystem::path& file, std::span<const config::Override> values,
                                  const PipelineOverrides& overrides) {
  return read_pipeline(config::load(file, values), overrides);
}

PipelineDescription pipeline_over(const std::vector<std::string>& sources, std::shared_ptr<const Model> model,
                                  const PipelineOverrides& overrides) {
  return PipelineReader(overrides).over(sources, std::move(model));
}

}  // namespace actionflow
