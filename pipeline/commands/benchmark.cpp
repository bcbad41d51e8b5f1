#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "base/log/progress.h"
#include "base/machine/clock.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"
#include "models/network/network.h"
#include "pipeline/benchmark/benchmark_report.h"
#include "pipeline/benchmark/measurement.h"
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

// A camera goes on for ever; a pipe is used up by what has read it.
bool can_be_read_again(const SourceOptions& source) {
  std::error_code error;
  const auto kind = std::filesystem::status(source.source, error).type();
  return source.source != "-" && kind != std::filesystem::file_type::fifo &&
         kind != std::filesystem::file_type::socket && source.source != "/dev/stdin";
}

// Whether its length may be asked before it is read.
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

class Benchmark : public Command {
 public:
  std::string name() const override { return "benchmark"; }
  std::string summary() const override { return "throughput and latency of pipelines, side by side"; }
  std::string files() const override { return "PIPELINE.yaml… and key=value changes to them"; }

  void declare(CLI::App& app) override {
    app.add_option(
           "--seconds", seconds_,
           "the most that each runs; cameras need it, files end by themselves; with --cameras for each "
           "number of them, 4 unless given")
        ->check(CLI::PositiveNumber.description(""))
        ->type_name("S");
    app.add_option("--rounds", rounds_, "in which each runs once, in turn, after one that does not count")
        ->check(CLI::Range(1, 1000).description(""))
        ->capture_default_str()
        ->type_name("N");
    app.add_option("--output", outputs_, "all side by side in NAME.json, .md or .html")
        ->allow_extra_args(false)
        ->type_name("FILE");
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
    for (const std::string& file : outputs_) check_report_name(file);
    if (cameras_) return count_cameras(arguments);
    std::vector<Measured> pipelines = read_all(arguments);
    for (int round = 0; round <= rounds_; ++round) {
      for (Measured& pipeline : pipelines) {
        if (!pipeline.failed && measure(pipeline, round)) return ExitCode::interrupted;
      }
    }
    std::vector<Measurement> measured;
    for (Measured& pipeline : pipelines) {
      if (!pipeline.result.rounds.empty()) measured.push_back(std::move(pipeline.result));
    }
    show(measured, arguments.json);
    for (const std::string& file : outputs_) write_report(file, measured);
    return worst_;
  }

 private:
  struct Measured {
    PipelineDescription description;
    Measurement result;
    std::int64_t duration = 0;  // seconds of video; 0 where they are not known
    bool once = false;          // what it reads can be read once only
    bool failed = false;
  };

  std::vector<Measured> read_all(const Arguments& arguments) {
    std::vector<Measured> pipelines;
    for (const std::string& file : arguments.files) {
      try {
        Measured one{.description = flags_.read({{file}, arguments.overrides, false}), .result = {}};
        one.result.config = file;
        one.result.options = one.description.options.resolved();
        one.result.networks = costs_of(one.description);
        one.duration = total_duration(one.description);
        one.once =
            std::any_of(one.description.streams.begin(), one.description.streams.end(),
                        [](const StreamDescription& stream) { return !can_be_read_again(stream.source); });
        pipelines.push_back(std::move(one));
      } catch (...) {
        note(tell_failure());
      }
    }
    return pipelines;
  }

  void note(ExitCode code) {
    if (worst_ == ExitCode::done) worst_ = code;
  }

  // Round 0 warms caches and clocks up, and does not count. Returns whether the run was interrupted.
  bool measure(Measured& pipeline, int round) {
    if (pipeline.once && round != 1) return false;
    constexpr double kWarmUpSeconds = 2;
    try {
      const std::string what = round == 0 ? "warming up" : fmt::format("round {} of {}", round, rounds_);
      Progress progress(fmt::format("{}, {}, seconds of video", pipeline.result.config, what),
                        pipeline.duration);
      ProgressSink results(progress);
      Pipeline running(pipeline.description, results);
      const StopOnSignal stop_on_signal([&running] { running.stop(); });
      const PeakMemory memory;
      const double processor = processor_seconds();
      const double limit =
          round == 0 ? std::min(kWarmUpSeconds, seconds_ > 0 ? seconds_ : kWarmUpSeconds) : seconds_;
      Round one{.summary = run_at_most(running, limit)};
      one.processor_seconds = processor_seconds() - processor;
      one.peak_bytes = memory.bytes();
      if (one.summary.interrupted && !timed_out_) return true;
      one.summary.interrupted = false;
      const ExitCode code = one.summary.exit_code();
      pipeline.failed = code != ExitCode::done;
      note(code);
      if (round > 0 || pipeline.failed) pipeline.result.rounds.push_back(std::move(one));
    } catch (...) {
      pipeline.failed = true;
      note(tell_failure());
    }
    return false;
  }

  static void show(const std::vector<Measurement>& measured, bool json) {
    for (const Measurement& one : measured)
      std::cout << (json ? measurement_json(one) + "\n" : measurement_text(one)) << std::flush;
    if (!json && measured.size() > 1) std::cout << "\n" << comparison_table(measured);
  }

  ExitCode count_cameras(const Arguments& arguments) {
    for (const std::string& file : arguments.files) {
      try {
        const PipelineDescription description = flags_.read({{file}, arguments.overrides, false});
        note(count_cameras(file, description, arguments.json));
      } catch (...) {
        note(tell_failure());
      }
      if (worst_ == ExitCode::interrupted) break;
    }
    return worst_;
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

  // Ends the run after so many seconds; 0: at its own end.
  Summary run_at_most(Pipeline& pipeline, double seconds) {
    timed_out_ = false;
    if (seconds <= 0) return pipeline.run();
    std::mutex mutex;
    std::condition_variable_any changed;
    const std::jthread timer([&](std::stop_token ended) {
      std::unique_lock lock(mutex);
      const auto limit = std::chrono::duration<double>(seconds);
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
  int rounds_ = 3;
  std::vector<std::string> outputs_;
  std::atomic<bool> timed_out_{false};
  ExitCode worst_ = ExitCode::done;  // the first that is not done
};

}  // namespace

std::unique_ptr<Command> benchmark_command() { return std::make_unique<Benchmark>(); }

}  // namespace actionflow
