#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>

#include "base/log/log.h"
#include "nodes/results/console_sink.h"
#include "nodes/results/json_lines.h"
#include "nodes/results/tee_sink.h"
#include "pipeline/commands/arguments/log_format.h"
#include "pipeline/commands/arguments/pipeline_flags.h"
#include "pipeline/commands/commands.h"
#include "pipeline/commands/live_reload.h"
#include "pipeline/commands/result_files.h"
#include "pipeline/graph/dot.h"
#include "pipeline/graph/print_config.h"
#include "pipeline/graph/settings.h"
#include "pipeline/run/metrics_file.h"
#include "pipeline/run/pipeline.h"
#include "pipeline/run/process/interrupt.h"
#include "pipeline/run/process/reader_gone.h"
#include "pipeline/run/service_manager.h"
#include "pipeline/web/page_sources.h"
#include "pipeline/web/web_server.h"

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
    flags_.declare_shard(app);
    app.add_flag("--windows", flags_.overrides.windows_too, "windows, too, where they become events");
    app.add_option(
           "--output", outputs_,
           "results into NAME.jsonl, .csv, .srt, .vtt or .html, or into FOLDER/, which runs share; goes on "
           "with what is missing")
        ->allow_extra_args(false)
        ->type_name("FILE");
    app.add_option("--web", web_, "a page to watch on, at this address: 8080 or 127.0.0.1:8080")
        ->type_name("ADDRESS");
    app.add_flag("--print-config", print_config_, "the effective configuration, and nothing else");
    app.add_flag("--print-graph", print_graph_, "the graph in DOT, and nothing else");
  }

  ExitCode run(const Arguments& arguments) override {
    LiveReload reload(flags_, arguments);
    flags_.overrides.settings = reload.settings();
    const NamedSources sources = flags_.sources(arguments, is_of_recordings(outputs_));
    const ResultFiles files(outputs_, sources.several);
    flags_.overrides.done = files.done();
    const PipelineDescription description = flags_.read(sources.arguments);
    const std::optional<WebOptions> web = page_options(description.web);
    if (!flags_.shard.empty() && description.share)
      throw UsageError("--shard: the cameras of " + arguments.files.front() +
                       " are shared by a group already, expected either --shard or its key share");
    if (!flags_.shard.empty()) tell_share(description);
    for (const std::string& warning : description.warnings) tell_line(log::Level::warn, warning);
    if (print_config_) {
      return print(
          print_config(description, document(arguments),
                       {flags_.model, flags_.weights, flags_.overrides.hop, flags_.overrides.advance}));
    }
    if (print_graph_) return print(to_dot(description));
    const auto latest = std::make_shared<LatestResults>();
    auto results = files.open(description, flags_.overrides, sink(arguments.json));
    if (web) {
      std::vector<std::shared_ptr<ResultSink>> both{std::move(results), latest};
      results = std::make_shared<TeeSink>(std::move(both));
    }
    const auto lease = description.share ? CameraGroup::make_lease() : nullptr;
    Pipeline pipeline(description, std::move(results), {.take = files.take(), .lease = lease});
    const StopOnSignal stop_on_signal([&pipeline] { pipeline.stop(); });
    const StopWithoutReader stop_without_reader([&pipeline] { pipeline.stop(); });
    const auto reloads = reload.begin(pipeline, description, lease);
    const MetricsFile metrics(description.metrics, [&pipeline] { return pipeline.metrics(); });
    const ServiceManager service([&pipeline] { return pipeline.traffic(); });
    std::optional<WebServer> page;
    if (web)
      page.emplace(*web, page_sources(pipeline, description, latest, reloads ? &reloads->changes() : nullptr,
                                      reloads ? &reloads->settings() : nullptr));
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

  // The file with what was changed on its page.
  std::optional<config::Value> document(const Arguments& arguments) const {
    const auto file = flags_.document(arguments);
    std::vector<std::string> told_before;
    if (!file) return file;
    return with_settings(*file, flags_.overrides.settings, told_before);
  }

  void tell_share(const PipelineDescription& description) const {
    const std::size_t held = description.streams.size() + description.passed_over.size();
    log::info("share {}: {} of {} streams", flags_.shard, held, held + description.elsewhere.size());
  }

  // --web goes before the file's address; the token is the file's, else the environment's.
  std::optional<WebOptions> page_options(const std::optional<WebOptions>& of_file) const {
    if (web_.empty()) return of_file;
    WebOptions options = of_file.value_or(WebOptions());
    options.listen = web_;
    const char* token = std::getenv("ACTIONFLOW_TOKEN");
    if (options.token.empty() && token) options.token = std::string(token);
    for (const std::string& wrong : {options.wrong_listen(), options.wrong_token()}) {
      if (!wrong.empty()) throw UsageError("--web: " + wrong);
    }
    return options;
  }

  PipelineFlags flags_;
  std::vector<std::string> outputs_;
  std::string web_;
  bool print_config_ = false;
  bool print_graph_ = false;
};

}  // namespace

std::unique_ptr<Command> classify_command() { return std::make_unique<Classify>(); }

}  // namespace actionflow
