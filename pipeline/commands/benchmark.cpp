#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <condition_variable>
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log/progress.h"
#include "base/machine/clock.h"
#include "base/machine/processor.h"
#include "datasets/video/source.h"
#include "models/network/network.h"
#include "pipeline/commands/arguments/pipeline_flags.h"
#include "pipeline/commands/camera_capacity.h"
#include "pipeline/commands/commands.h"
#include "pipeline/run/pipeline.h"
#include "pipeline/run/process/interrupt.h"

namespace actionflow {
namespace {

// Results are counted, not shown; how far each stream has come moves the bar.
class ProgressSink : public ResultSink {
 public:
  ProgressSink(Progress& progress) : progress_(progress) {}

  void window(const WindowResult& result) override { reach(result.stream, result.end); }
  void event(const EventResult& result) override { reach(result.stream, result.change.decided); }
  void summary(const Summary&) override {}

 private:
  void reach(const std::string& stream, double seconds) {
    double& at = reached_[stream];
    if (seconds <= at) return;
    sum_ += seconds - at;
    at = seconds;
    progress_.advance(static_cast<std::int64_t>(sum_) - progress_.done());
  }

  Progress& progress_;
  std::map<std::string, double> reached_;  // seconds of each stream
  double sum_ = 0;
};

// Asking a pipe would use up what it says.
bool opens_twice(const SourceOptions& source) {
  std::error_code error;
  const auto kind = std::filesystem::status(source.source, error).type();
  const bool stands =
      kind == std::filesystem::file_type::regular || kind == std::filesystem::file_type::directory;
  return stands && source.source != "-" && !is_live(source);
}

// Seconds of video in all streams together; 0 where one does not say.
std::int64_t total_duration(const PipelineDescription& description) {
  const StopFlag stop{false};
  double total = 0;
  for (const StreamDescription& stream : description.streams) {
    if (!opens_twice(stream.source)) return 0;
    try {
      const auto duration = Reader::open(stream.source, stop)->info().duration;
      if (!duration) return 0;
      total += *duration;
    } catch (const SourceError&) {
      // The run itself says so.
    }
  }
  return std::llround(total);
}

double mean_ms(const StageSummary& stage) {
  return stage.calls > 0 ? stage.total_ms / static_cast<double>(stage.calls) : 0;
}

// Of a network node, for a second of one stream.
struct NetworkCost {
  std::string node;
  Node::Cost cost;
};

std::vector<NetworkCost> costs_of(const PipelineDescription& description) {
  std::vector<NetworkCost> costs;
  for (const NodeDescription& node : description.nodes)
    if (const auto cost = node.node->cost()) costs.push_back({node.use.name, *cost});
  return costs;
}

void print_costs(const std::vector<NetworkCost>& costs) {
  for (const auto& [node, cost] : costs) {
    std::string line = fmt::format("  {:<18} {:>9.1f} million multiply-accumulates a second of each stream",
                                   node, cost.as_it_runs / 1e6);
    if (cost.as_it_runs < cost.whole_windows)
      line += fmt::format("; whole windows at that hop: {:.1f} million, {:.1f} times as many",
                          cost.whole_windows / 1e6, cost.whole_windows / cost.as_it_runs);
    std::cout << line << "\n";
  }
}

void print_readable(const std::string& config, const Summary& summary,
                    const std::vector<NetworkCost>& costs) {
  std::cout << config << "\n";
  for (const StageSummary& stage : summary.stages) {
    std::cout << fmt::format("  {:<18} {:>9.3f} ms   p50 {:>9.3f}   p99 {:>9.3f}   × {}\n", stage.name,
                             mean_ms(stage), stage.p50_ms, stage.p99_ms, stage.calls);
  }
  const double windows = static_cast<double>(summary.windows());
  std::cout << fmt::format("  {:<18} {:>9.2f} /s   {} in {:.2f} s, {} dropped, {} failed\n", "windows",
                           summary.seconds > 0 ? windows / summary.seconds : 0, summary.windows(),
                           summary.seconds, summary.dropped(), summary.failed());
  std::cout << fmt::format("  {:<18} {:>9.1f} /s   {}\n", "frames", summary.frames_per_second(),
                           summary.frames());
  std::cout << fmt::format("  {:<18} p50 {:.1f} ms   p99 {:.1f} ms   from the newest frame to the result\n",
                           "latency", summary.latency.p50_ms, summary.latency.p99_ms);
  print_costs(costs);
}

nlohmann::ordered_json quantiles_json(const StageSummary& stage) {
  return {{"p50", stage.p50_ms}, {"p90", stage.p90_ms}, {"p99", stage.p99_ms}, {"p99.9", stage.p999_ms}};
}

nlohmann::ordered_json stage_json(const StageSummary& stage) {
  nlohmann::ordered_json json{{"calls", stage.calls}, {"mean_ms", mean_ms(stage)}};
  json["ms"] = quantiles_json(stage);
  return json;
}

std::string word_of(Precision precision) {
  for (const auto& [value, word] : config::EnumNames<Precision>::names) {
    if (value == precision) return std::string(word);
  }
  return {};
}

nlohmann::ordered_json cost_json(const NetworkCost& network) {
  return {{"node", network.node},
          {"macs_per_second", network.cost.as_it_runs},
          {"macs_per_second_whole_windows", network.cost.whole_windows}};
}

void print_json(const std::string& config, const GraphOptions& options, const Summary& summary,
                const std::vector<NetworkCost>& costs) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::object();
  for (const StageSummary& stage : summary.stages) stages[stage.name] = stage_json(stage);
  nlohmann::ordered_json networks = nlohmann::ordered_json::array();
  for (const NetworkCost& network : costs) networks.push_back(cost_json(network));
  const nlohmann::ordered_json line = {
      {"config", config},
      {"seconds", summary.seconds},
      {"frames", summary.frames()},
      {"windows", summary.windows()},
      {"dropped", summary.dropped()},
      {"failed", summary.failed()},
      {"windows_per_second",
       summary.seconds > 0 ? static_cast<double>(summary.windows()) / summary.seconds : 0},
      {"frames_per_second", summary.frames_per_second()},
      {"latency_ms", quantiles_json(summary.latency)},
      {"stages", stages},
      {"networks", networks},
      {"precision", word_of(options.precision)},
      {"threads", options.threads},
      {"workers", options.workers},
      {"processor", processor_name()}};
  std::cout << line.dump() << std::endl;
}

class Benchmark : public Command {
 public:
  std::string name() const override { return "benchmark"; }
  std::string summary() const override { return "throughput and latency of pipelines, one after another"; }
  std::string files() const override { return "PIPELINE.yaml… and key=value changes to them"; }

  void declare(CLI::App& app) override {
    app.add_option(
           "--seconds", seconds_,
           "the most that each runs; cameras need it, files end by themselves; with --cameras for each "
           "number of them, 4 unless given")
        ->check(CLI::PositiveNumber.description(""))
        ->type_name("S");
    app.add_flag(
        "--cameras", cameras_,
        "how many cameras are held with nothing dropped and p99 within a hop, played from the files");
    app.add_option("--most", most_cameras_, "with --cameras: no more than so many are tried")
        ->check(CLI::Range(1, 4096).description(""))
        ->type_name("N");
    flags_.declare(app);
  }

  ExitCode run(const Arguments& arguments) override {
    if (arguments.files.empty()) throw UsageError("expected PIPELINE.yaml…");
    ExitCode worst = ExitCode::done;
    for (const std::string& file : arguments.files) {
      const ExitCode code = measure_and_print(file, arguments);
      if (code == ExitCode::interrupted) return code;
      if (worst == ExitCode::done) worst = code;
    }
    return worst;
  }

 private:
  ExitCode measure_and_print(const std::string& file, const Arguments& arguments) {
    try {
      const PipelineDescription description = flags_.read({{file}, arguments.overrides, false});
      if (cameras_) return count_cameras(file, description, arguments.json);
      const Summary summary = measure(file, description);
      const std::vector<NetworkCost> costs = costs_of(description);
      if (arguments.json) {
        print_json(file, description.options.resolved(), summary, costs);
      } else {
        print_readable(file, summary, costs);
      }
      return timed_out_ ? ExitCode::done : summary.exit_code();
    } catch (...) {
      return tell_failure();
    }
  }

  ExitCode count_cameras(const std::string& file, const PipelineDescription& description, bool json) const {
    constexpr double kTrialSeconds = 4;
    StopFlag stop{false};
    const StopOnSignal stop_on_signal([&stop] { stop = true; });
    const CameraCapacity capacity =
        find_camera_capacity(description, most_cameras_, seconds_ > 0 ? seconds_ : kTrialSeconds, stop);
    if (stop) return ExitCode::interrupted;
    std::cout << (json ? capacity_json(file, capacity) + "\n" : capacity_text(file, capacity)) << std::flush;
    return ExitCode::done;
  }

  Summary measure(const std::string& file, const PipelineDescription& description) {
    Progress progress(file + ", seconds of video", total_duration(description));
    ProgressSink results(progress);
    Pipeline pipeline(description, results);
    const StopOnSignal stop_on_signal([&pipeline] { pipeline.stop(); });
    return run_at_most(pipeline);
  }

  // Ends the run after --seconds, where they are given.
  Summary run_at_most(Pipeline& pipeline) {
    timed_out_ = false;
    if (seconds_ <= 0) return pipeline.run();
    std::mutex mutex;
    std::condition_variable_any changed;
    const std::jthread timer([&](std::stop_token ended) {
      std::unique_lock lock(mutex);
      const auto limit = std::chrono::duration<double>(seconds_);
      changed.wait_for(lock, ended, limit, [&] { return ended.stop_requested(); });
      if (ended.stop_requested()) return;
      timed_out_ = true;
      pipeline.stop();
    });
    return pipeline.run();
  }

  PipelineFlags flags_;
  double seconds_ = 0;
  bool cameras_ = false;
  int most_cameras_ = 256;
  std::atomic<bool> timed_out_{false};
};

}  // namespace

std::unique_ptr<Command> benchmark_command() { return std::make_unique<Benchmark>(); }

}  // namespace actionflow
