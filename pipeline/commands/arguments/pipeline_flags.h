// The pipeline that a command line names: a PIPELINE.yaml, or sources with a network.
#pragma once

#include <optional>
#include <string>

#include "pipeline/commands/arguments/command.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// A command line with folders and lists of recordings looked into.
struct NamedSources {
  Arguments arguments;
  bool several = false;  // streams; a folder's are, however many there are now
};

struct PipelineFlags {
  std::string model, weights;
  bool uncalibrated = false;
  std::string shard;
  PipelineOverrides overrides;

  // --hop, --advance, --precision, --workers and --threads.
  void declare(CLI::App& app);
  // --model, --weights and --uncalibrated.
  void declare_network(CLI::App& app);
  void declare_shard(CLI::App& app);

  // Folders and lists beside a network stand for the recordings in them. What is another share's is left out
  // of what is read from then on. `recordings_expected`: as is_recording_on_server() has it. Throws as read()
  // does.
  NamedSources sources(const Arguments& arguments, bool recordings_expected = false);
  // Throws ConfigError, UsageError or ModelError.
  PipelineDescription read(const Arguments& arguments) const;
  // Whether the command line names a PIPELINE.yaml, and nothing else.
  bool names_file(const Arguments& arguments) const {
    return !names_network() && arguments.files.size() == 1;
  }
  // The file, where there is one.
  std::optional<config::Value> document(const Arguments& arguments) const;

 private:
  bool names_network() const { return !model.empty() || !weights.empty(); }
  PipelineDescription over_sources(const Arguments& arguments) const;
};

}  // namespace actionflow
