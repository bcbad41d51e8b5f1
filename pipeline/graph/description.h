// A pipeline file read and checked whole: streams, nodes, and how they are connected.
//
//   options: {workers: 2}
//   defaults: {retry: true}                    # merged key by key into each stream
//   streams:
//     door: {source: rtsp://camera/1}
//     yard: yard.mp4                           # short for {source: yard.mp4}
//   graph:
//     frames: {node: decode}                   # all streams, unless streams: [names]
//     clips:  {node: window, from: frames, hop: 4}
//     motion: {node: cnn3d, from: clips, weights: robust.safetensors}
//     log:    {node: jsonl, from: motion, file: actions.jsonl}
//
// Reading opens model and weight files, and no source. Used from one thread. See docs/pipelines.md.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "datasets/video/source_options.h"
#include "models/formats/weight_files.h"
#include "models/network/machine_kernels.h"
#include "nodes/flow/node.h"
#include "nodes/kinds/advance.h"
#include "pipeline/graph/metrics_options.h"
#include "pipeline/graph/share_options.h"
#include "pipeline/graph/web_options.h"

namespace actionflow {

// The file's `options`. 0 stands for what suits the machine.
struct PipelineOptions {
  int workers = 0;
  int threads = 1;
  Precision precision = Precision::f32;
  KernelSetting kernels;
  std::shared_ptr<const kernels::KernelChoices> measured = {};  // what `kernels` names, once it is read
  static void describe(config::Fields<PipelineOptions>& fields);
  // With the machine's processors in place of 0.
  GraphOptions resolved() const;
};

struct StreamDescription {
  std::string name;
  config::Place place;
  SourceOptions source;
};

struct NodeDescription {
  const NodeKind* kind = nullptr;
  NodeUse use;
  std::vector<int> inputs;    // indices in PipelineDescription::nodes
  bool final_result = false;  // gives scores that no other node scores on
  config::Value options;      // as the file has them; null for a graph that stands in none
  std::shared_ptr<Node> node;
};

struct PipelineDescription {
  config::Place place;          // the file's
  config::Place metrics_place;  // of its key `metrics`
  PipelineOptions options;
  MetricsOptions metrics;
  std::vector<StreamDescription> streams;
  std::set<std::string> file_streams;    // names that the file has, whatever settings add or remove
  std::vector<NodeDescription> nodes;    // every input before its consumers; nodes without use left out
  std::optional<WebOptions> web;         // the page, where there is one
  std::optional<ShareOptions> share;     // the group whose machines share the streams
  OverlayLook look;                      // of the page's videos
  config::Value defaults;                // the file's, for streams that come later
  bool windows_too = false;              // results of networks below `events` are final, too
  std::vector<std::string> passed_over;  // names of streams that are done already
  std::vector<std::string> elsewhere;    // names of streams that another run has
  std::vector<std::string> warnings;     // complete lines: "file:line:column: warning: …"
};

// What the command line sets over the file.
struct PipelineOverrides {
  config::Value settings;          // of the page (settings.h), laid over the file
  std::optional<int> hop;          // of every window node
  std::optional<Advance> advance;  // of every network node
  std::optional<int> workers;
  std::optional<int> threads;
  std::optional<Precision> precision;
  std::optional<KernelSetting> kernels;
  bool windows_too = false;                            // windows are results even where they become events
  std::function<bool(const StreamDescription&)> done;  // recordings to be passed over
  std::function<bool(const StreamDescription&)> elsewhere;  // streams that are another run's
  std::set<std::string> recordings;  // addresses that are recordings, whatever their names say
};

// A stream as a pipeline file has it: its address, or a map that is merged over `defaults`. Throws
// config::ConfigError.
StreamDescription read_stream(const std::string& name, const config::Value& value,
                              const config::Value& defaults);

// Throws config::ConfigError with every error at once, each with its place; its exit code is `model` where
// only model and weight files are at fault.
PipelineDescription read_pipeline(const config::Value& root, const PipelineOverrides& overrides = {});
PipelineDescription load_pipeline(const std::filesystem::path& file,
                                  std::span<const config::Override> values = {},
                                  const PipelineOverrides& overrides = {});

// The graph of `classify SOURCE… --model`: decode, window, and the kind of network node that suits the
// network, over sources named as on the command line. The node bears the network's name; above one that says
// whether an action is under way stands a node `events`.
PipelineDescription pipeline_over(const std::vector<std::string>& sources, std::shared_ptr<const Model> model,
                                  const PipelineOverrides& overrides = {});

// JSON schema of a pipeline file, for editors.
std::string pipeline_schema();

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::Precision> {
  using Precision = actionflow::Precision;
  static constexpr std::array<std::pair<Precision, std::string_view>, 4> names{
      {{Precision::f32, "f32"},
       {Precision::bf16, "bf16"},
       {Precision::int8, "int8"},
       {Precision::automatic, "auto"}}};
};
