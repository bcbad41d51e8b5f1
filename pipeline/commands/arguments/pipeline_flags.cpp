#include "pipeline/commands/arguments/pipeline_flags.h"

#include <filesystem>
#include <map>

#include "models/formats/weight_files.h"
#include "pipeline/commands/arguments/flags.h"
#include "pipeline/commands/arguments/named_recordings.h"
#include "pipeline/commands/arguments/network_flags.h"
#include "pipeline/commands/arguments/shard.h"
#include "pipeline/commands/arguments/shipped_files.h"

namespace actionflow {
namespace {

template <class T>
void add_positive(CLI::App& app, const std::string& flag, std::optional<T>& to, int most,
                  const std::string& help) {
  app.add_option(flag, to, help)->check(CLI::Range(1, most).description(""))->type_name("N");
}

bool is_yaml(const std::string& file) {
  const std::string suffix = std::filesystem::path(file).extension().string();
  return suffix == ".yaml" || suffix == ".yml";
}

UsageError file_or_override(const config::Override& change) {
  return UsageError("'" + change.path +
                    "=…' changes a PIPELINE.yaml, and none is named; a file of such a name is " +
                    "written ./" + change.path + "=…");
}

}  // namespace

void PipelineFlags::declare(CLI::App& app) {
  add_precision(app, overrides.precision);
  add_kernels(app, overrides.kernels);
  add_positive(app, "--hop", overrides.hop, 65536, "samples from one window's start to the next");
  add_choice<Advance>(app, "--advance", overrides.advance,
                      {{"exact", Advance::exact},
                       {"approximate", Advance::approximate},
                       {"off", Advance::off},
                       {"auto", Advance::automatic}},
                      "windows that overlap share their computation");
  add_positive(app, "--workers", overrides.workers, 1024, "nodes of the graph that run at the same time");
  add_positive(app, "--threads", overrides.threads, 1024, "inside one call of a network");
}

void PipelineFlags::declare_network(CLI::App& app) {
  app.add_option("--model", model, "the network, for sources on the command line")
      ->transform(find_model)
      ->type_name("MODEL.yaml");
  app.add_option("--weights", weights, "its weights; a file of ours holds the network too")
      ->transform(find_weights)
      ->type_name("FILE");
  app.add_flag("--uncalibrated", uncalibrated,
               "scores as the network gives them, without what is kept with the weights");
}

PipelineDescription PipelineFlags::read(const Arguments& arguments) const {
  if (arguments.files.empty() && !arguments.overrides.empty()) {
    throw file_or_override(arguments.overrides.front());
  }
  if (arguments.files.empty())
    throw UsageError("expected PIPELINE.yaml, or SOURCE… with --model or --weights");
  if (names_network()) return over_sources(arguments);
  if (uncalibrated)
    throw UsageError(
        "--uncalibrated stands beside --weights; in a PIPELINE.yaml a network's node has calibrated: false");
  return read_pipeline(*document(arguments), overrides);
}

void PipelineFlags::declare_shard(CLI::App& app) {
  app.add_option("--shard", shard, "one share of the streams: i/n, or auto or auto/n in a job array")
      ->type_name("i/n");
}

NamedSources PipelineFlags::sources(const Arguments& arguments, bool recordings_expected) {
  NamedSources named{arguments, false};
  std::map<std::string, std::string> in_folder;  // a recording's name there, or in a list, by its source
  if (names_network()) {
    named.arguments.files.clear();
    for (const std::string& source : arguments.files) {
      for (const NamedRecording& found : recordings_of(source)) {
        named.several = named.several || found.source != source;
        if (!found.name.empty()) in_folder[found.source] = found.name;
        if (is_recording_on_server(found, recordings_expected)) overrides.recordings.insert(found.source);
        named.arguments.files.push_back(found.source);
      }
    }
    named.several = named.several || named.arguments.files.size() > 1;
  } else if (const auto file = arguments.files.empty() ? std::nullopt : document(arguments)) {
    const config::Value* streams = file->find("streams");
    named.several = streams && streams->is_map() && streams->entries().size() > 1;
  }
  if (!shard.empty()) {
    overrides.elsewhere = [share = read_shard(shard), in_folder](const StreamDescription& stream) {
      const auto found = in_folder.find(stream.source.source);
      return !share.holds(found == in_folder.end() ? stream.name : found->second);
    };
  }
  return named;
}

std::optional<config::Value> PipelineFlags::document(const Arguments& arguments) const {
  if (names_network()) return std::nullopt;
  if (arguments.files.size() != 1 || !is_yaml(arguments.files.front())) {
    throw UsageError("expected one PIPELINE.yaml, or --model MODEL.yaml or --weights FILE with the sources");
  }
  return config::load(arguments.files.front(), arguments.overrides);
}

PipelineDescription PipelineFlags::over_sources(const Arguments& arguments) const {
  if (!arguments.overrides.empty()) throw file_or_override(arguments.overrides.front());
  if (weights.empty()) throw UsageError("expected --weights FILE beside --model " + model);
  std::optional<Architecture> architecture;
  if (!model.empty()) architecture = load_architecture(model);
  Model loaded = load_model(weights, architecture ? &*architecture : nullptr);
  if (uncalibrated) loaded.calibration.reset();
  return pipeline_over(arguments.files, std::make_shared<const Model>(std::move(loaded)), overrides);
}

}  // namespace actionflow
