#include "pipeline/run/metrics.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text/metric_text.h"
#include "nodes/flow/run_context.h"

namespace actionflow {

namespace {

constexpr double kNsPerSecond = 1e9;
constexpr double kMsPerSecond = 1e3;

MetricText::Histogram histogram_of(const DurationHistogram& durations) {
  static constexpr std::array<double, 12> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                  0.1,   0.25,   0.5,   1,    2.5,   10};
  MetricText::Histogram histogram;
  for (const double bound : kBounds)
    histogram.buckets.emplace_back(bound,
                                   durations.count_up_to(static_cast<std::int64_t>(bound * kNsPerSecond)));
  // Counted after its buckets, which others may add to meanwhile.
  histogram.count = durations.count();
  histogram.sum = durations.total_ms() / kMsPerSecond;
  return histogram;
}

void add_stream(MetricText& text, const StreamSummary& stream) {
  const MetricText::Labels labels{{"stream", stream.name}};
  const auto count = [&](std::string_view name, std::string_view help, std::int64_t value) {
    text.counter(name, help, static_cast<double>(value), labels);
  };
  count("actionflow_frames_total", "frames decoded", stream.frames);
  count("actionflow_windows_total", "windows that every network answered", stream.windows);
  count("actionflow_windows_still_total", "windows passed over, since nothing moves in them", stream.still);
  count("actionflow_events_total", "actions that are over", stream.events);
  count("actionflow_damaged_total", "packets and frames that could not be read", stream.damaged);
  count("actionflow_reconnects_total", "connections that were lost and are back", stream.reconnects);
  count("actionflow_windows_failed_total", "windows that ended in a failure", stream.failed);
  for (const FailureCount& failure : stream.failures)
    text.counter("actionflow_failures_total", "failures of a node, or of the source where the node is empty",
                 static_cast<double>(failure.count), {{"stream", stream.name}, {"node", failure.node}});
}

void add_state(MetricText& text, const StreamState& stream, const Clock& clock) {
  const std::int64_t by_stop = stream.dropped_by_stop;
  for (const auto& [reason, count] :
       {std::pair("busy", stream.dropped - by_stop), std::pair("stop", by_stop)})
    text.counter("actionflow_windows_dropped_total", "windows left out, by reason",
                 static_cast<double>(count), {{"stream", stream.name}, {"reason", reason}});
  text.gauge("actionflow_windows_waiting", "windows that wait for the network",
             static_cast<double>(stream.waiting), {{"stream", stream.name}});
  const std::int64_t newest = stream.newest_frame_ns;
  text.gauge("actionflow_stream_up", "1 while its source is open and gives frames",
             stream.connection().state == ConnectionState::open ? 1 : 0, {{"stream", stream.name}});
  if (newest > 0)
    text.gauge("actionflow_frame_age_seconds", "since the newest frame was decoded",
               static_cast<double>(clock.steady_ns() - newest) / kNsPerSecond, {{"stream", stream.name}});
}

// Names and meanings as Prometheus' own client libraries have them.
void add_process(MetricText& text) {
  std::int64_t pages = 0, resident = 0;
  if (std::ifstream("/proc/self/statm") >> pages >> resident)
    text.gauge("process_resident_memory_bytes", "memory in use",
               static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  if (!error)
    text.gauge("process_open_fds", "open file descriptors",
               static_cast<double>(std::distance(begin(descriptors), end(descriptors))));
  text.counter("process_cpu_seconds_total", "processor time used", processor_seconds());
}

}  // namespace

std::string prometheus_text(RunContext& run, const std::function<void(MetricText&)>& more) {
  MetricText text;
  for (const StreamSummary& stream : run.summary().streams) add_stream(text, stream);
  run.for_each_stream([&](const StreamState& stream) { add_state(text, stream, run.clock()); });
  more(text);
  text.histogram("actionflow_latency_seconds", "from the newest frame's arrival to the result",
                 histogram_of(run.latency()));
  text.histogram("actionflow_windows_dropped_age_seconds",
                 "of windows left out: from the newest frame's arrival until then",
                 histogram_of(run.dropped_age()));
  run.for_each_timer([&](const std::string& stage, const DurationHistogram& durations) {
    text.histogram("actionflow_stage_duration_seconds", "of a call: a packet, a sample, a window",
                   histogram_of(durations), {{"stage", stage}});
  });
  run.measure(text);
  add_process(text);
  return text.str();
}

}  // namespace actionflow
