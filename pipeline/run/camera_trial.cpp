#include "pipeline/run/camera_trial.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "base/machine/clock.h"
#include "base/machine/machine_limits.h"
#include "base/machine/machine_load.h"
#include "nodes/results/result_sink.h"
#include "pipeline/run/pipeline.h"

namespace actionflow {

namespace {

// Keyframes of a camera are commonly that far apart.
constexpr double kSpreadSeconds = 2;
constexpr double kWarmUpSeconds = 1;
constexpr std::chrono::milliseconds kTrialLook{20};

class NoResults : public ResultSink {
 public:
  void window(const WindowResult&) override {}
  void event(const EventResult&) override {}
  void summary(const Summary&) override {}
};

// Runs the pipeline on a thread of its own until the end of the scope.
class Running {
 public:
  explicit Running(Pipeline& pipeline) : pipeline_(pipeline), thread_([&pipeline] { pipeline.run(); }) {}
  ~Running() {
    pipeline_.stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Pipeline& pipeline_;
  std::thread thread_;
};

void wait_seconds(double seconds, const StopFlag& stop) {
  const Deadline deadline(seconds);
  while (!stop && !deadline.passed())
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(kTrialLook, deadline.left()));
}

void check_simulates(const PipelineDescription& description) {
  for (const StreamDescription& stream : description.streams) {
    SourceOptions at_full_speed = stream.source;
    at_full_speed.realtime = false;
    if (is_live(at_full_speed) || stream.source.source == "-")
      throw UsageError("stream '" + stream.name +
                       "' cannot be played over and over, expected a recorded video " +
                       "in its place: streams." + stream.name + "=FILE");
  }
  for (const NodeDescription& node : description.nodes) {
    if (!node.use.only.empty())
      throw UsageError("'" + node.use.name + "' is for certain streams, expected a graph that takes all");
  }
}

StreamDescription simulated_camera(const PipelineDescription& description, int number) {
  const auto count = description.streams.size();
  StreamDescription camera = description.streams[static_cast<std::size_t>(number) % count];
  camera.name = "camera " + std::to_string(number + 1);
  camera.source.realtime = camera.source.loop = true;
  return camera;
}

}  // namespace

CameraTrial try_cameras(const PipelineDescription& description, int cameras, double seconds,
                        const StopFlag& stop) {
  check_simulates(description);
  PipelineDescription first = description;
  first.streams = {simulated_camera(description, 0)};
  NoResults results;
  Pipeline pipeline(first, results);
  const Running running(pipeline);
  for (int number = 1; number < cameras && !stop; ++number) {
    wait_seconds(kSpreadSeconds / cameras, stop);
    pipeline.attach(simulated_camera(description, number));
  }
  wait_seconds(kWarmUpSeconds, stop);
  pipeline.forget_times();
  const Summary before = pipeline.progress();
  const double used_before = processor_seconds(), busy_before = busy_seconds();
  const Stopwatch watch;
  wait_seconds(seconds, stop);
  const Summary after = pipeline.progress();
  CameraTrial trial;
  trial.cameras = cameras;
  trial.seconds = watch.seconds();
  const double used = processor_seconds() - used_before, busy = busy_seconds() - busy_before;
  trial.processor_share = used / (trial.seconds * usable_processors());
  trial.others_share = std::max(0., busy - used) / (trial.seconds * machine_processors());
  trial.windows = after.windows() - before.windows();
  trial.dropped = after.dropped() - before.dropped();
  trial.failed = after.failed() - before.failed();
  trial.p50_ms = after.latency.p50_ms;
  trial.p99_ms = after.latency.p99_ms;
  trial.p999_ms = after.latency.p999_ms;
  return trial;
}

double shortest_hop_ms(const PipelineDescription& description) {
  double hop = std::numeric_limits<double>::infinity();
  for (const NodeDescription& node : description.nodes)
    if (const double seconds = node.node->hop_seconds(); seconds > 0) hop = std::min(hop, seconds);
  return 1000 * hop;
}

int greatest_that_holds(int most, const std::function<bool(int)>& holds) {
  int good = 0, bad = most + 1;
  for (int next = 1; good < most && bad > most; next = std::min(2 * next, most))
    (holds(next) ? good : bad) = next;
  while (bad - good > 1) {
    const int middle = good + (bad - good) / 2;
    (holds(middle) ? good : bad) = middle;
  }
  return good;
}

}  // namespace actionflow
