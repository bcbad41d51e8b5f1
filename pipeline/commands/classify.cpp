#include <unistd.h>

#include <iostream>

#include "nodes/results/console_sink.h"
#include "nodes/results/json_lines.h"
#include "pipeline/commands/commands.h"
#include "pipeline/commands/live_reload.h"
#include "pipeline/commands/log_format.h"
#include "pipeline/commands/pipeline_flags.h"
#include "pipeline/commands/result_files.h"
#include "pipeline/graph/dot.h"
#include "pipeline/graph/print_config.h"
#include "pipeline/run/interrupt.h"
#include "pipeline/run/metrics_file.h"
#include "pipeline/run/pipeline.h"
#include "pipeline/run/service_manager.h"

namespace actionflow {
namespace {

class Classify : public Command {
 public:
  std::string name() const override { return "classify"; }
  std::string summary() const override {
    return "run the flow graph over files, folders, cameras and network streams until they end";
  }
  std::string files() const override {
    return "PIPELINE.yaml and key=value changes to it, or SOURCE… with --weights";
  }

  void declare(CLI::App& app) override {
    flags_.declare_network(app);
    flags_.declare(app);
    app.add_flag("--windows", flags_.overrides.windows_too, "windows, too, where they become events");
    app.add_option("--output", outputs_,
                   "results into NAME.jsonl, .csv, .srt, .vtt or .html; goes on with what is missing")
        ->allow_extra_args(false)
        ->type_name("FILE");
    app.add_flag("--print-config", print_config_, "the effective configuration, and nothing else");
    app.add_flag("--print-graph", print_graph_, "the graph in DOT, and nothing else");
  }

  ExitCode run(const Arguments& arguments) override {
    LiveReload reload(flags_, arguments);
    const NamedSources sources = flags_.sources(arguments);
    const ResultFiles files(outputs_, sources.several);
    flags_.overrides.done = files.done();
    const PipelineDescription description = flags_.read(sources.arguments);
    for (const std::string& warning : description.warnings) tell_line(log::Level::warn, warning);
    if (print_config_) {
      return print(
          print_config(description, flags_.document(arguments),
                       {flags_.model, flags_.weights, flags_.overrides.hop, flags_.overrides.advance}));
    }
    if (print_graph_) return print(to_dot(description));
    Pipeline pipeline(description, files.open(description, sink(arguments.json)));
    const StopOnSignal stop_on_signal([&pipeline] { pipeline.stop(); });
    const auto reloads = reload.begin(pipeline, description);
    const MetricsFile metrics(description.metrics, [&pipeline] { return pipeline.metrics(); });
    const ServiceManager service([&pipeline] { return pipeline.traffic(); });
    return pipeline.run().exit_code();
  }

 private:
  static ExitCode print(const std::string& text) {
    std::cout << text;
    return ExitCode::done;
  }

  static std::shared_ptr<ResultSink> sink(bool json) {
    LineOutput out(STDOUT_FILENO, "standard output");
    if (json) return std::make_shared<JsonLinesSink>(std::move(out));
    return std::make_shared<ConsoleSink>(std::move(out));
  }

  PipelineFlags flags_;
  std::vector<std::string> outputs_;
  bool print_config_ = false;
  bool print_graph_ = false;
};

}  // namespace

std::unique_ptr<Command> classify_command() { return std::make_unique<Classify>(); }

}  // namespace actionflow
