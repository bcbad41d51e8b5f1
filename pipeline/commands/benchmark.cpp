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

#include "base/clock.h"
#include "base/progress.h"
#include "datasets/video/source.h"
#include "models/network/network.h"
#include "pipeline/commands/commands.h"
#include "pipeline/commands/pipeline_flags.h"
#include "pipeline/run/interrupt.h"
#include "pipeline/run/pipeline.h"

namespace actionflow {
namespace {

// Results are counted, not shown; how far each stream has come moves the bar.
class ProgressSink : public ResultSink {
 public:
  ProgressSink(Progress& progress) : progress_(progress) {}

  void window(const WindowResult& result) override {
    double& at = reached_[result.stream];
    if (result.end <= at) return;
    sum_ += result.end - at;
    at = result.end;
    progress_.advance(static_cast<std::int64_t>(sum_) - progress_.done());
  }
  void summary(const Summary&) override {}

 private:
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

void print_readable(const std::string& config, const Summary& summary) {
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
}

nlohmann::ordered_json stage_json(const StageSummary& stage) {
  return {{"name", stage.name},
          {"calls", stage.calls},
          {"mean_ms", mean_ms(stage)},
          {"p50_ms", stage.p50_ms},
          {"p99_ms", stage.p99_ms}};
}

void print_json(const std::string& config, const Summary& summary) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::array();
  for (const StageSummary& stage : summary.stages) stages.push_back(stage_json(stage));
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
      {"latency_p50_ms", summary.latency.p50_ms},
      {"latency_p99_ms", summary.latency.p99_ms},
      {"stages", stages}};
  std::cout << line.dump() << std::endl;
}

class Benchmark : public Command {
 public:
  std::string name() const override { return "benchmark"; }
  std::string summary() const override { return "throughput and latency of pipelines, one after another"; }
  std::string files() const override { return "PIPELINE.yaml… and key=value changes to them"; }

  void declare(CLI::App& app) override {
    app.add_option("--seconds", seconds_, "the most that each runs; cameras need it, files end by themselves")
        ->check(CLI::PositiveNumber.description(""))
        ->type_name("S");
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
      const Summary summary = measure({{file}, arguments.overrides, false});
      arguments.json ? print_json(file, summary) : print_readable(file, summary);
      return timed_out_ ? ExitCode::done : summary.exit_code();
    } catch (...) {
      return tell_failure();
    }
  }

  Summary measure(const Arguments& arguments) {
    const PipelineDescription description = flags_.read(arguments);
    Progress progress(arguments.files.front() + ", seconds of video", total_duration(description));
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
  std::atomic<bool> timed_out_{false};
};

}  // namespace

std::unique_ptr<Command> benchmark_command() { return std::make_unique<Benchmark>(); }

}  // namespace actionflow
