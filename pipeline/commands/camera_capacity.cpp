#include "pipeline/commands/camera_capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log/log.h"
#include "base/text/json_text.h"
#include "datasets/video/readers/reordering.h"

namespace actionflow {

namespace {

constexpr double kConfirmTimes = 4;
// Windows of each camera that a trial has to see.
constexpr double kLeastWindows = 3;

nlohmann::ordered_json trial_json(const CameraTrial& trial) {
  return {{"cameras", trial.cameras},
          {"seconds", trial.seconds},
          {"windows", trial.windows},
          {"dropped", trial.dropped},
          {"failed", trial.failed},
          {"latency_ms", {{"p50", trial.p50_ms}, {"p99", trial.p99_ms}, {"p99.9", trial.p999_ms}}},
          {"processor_share", trial.processor_share},
          {"others_share", trial.others_share}};
}

std::string trial_text(const CameraTrial& trial) {
  return fmt::format(
      "{} camera{}: p50 {:.0f} ms, p99 {:.0f} ms, p99.9 {:.0f} ms, {} windows, {} dropped, {:.0f} % of "
      "the processors",
      trial.cameras, trial.cameras == 1 ? "" : "s", trial.p50_ms, trial.p99_ms, trial.p999_ms, trial.windows,
      trial.dropped, 100 * trial.processor_share);
}

double reordering_ms_of(const PipelineDescription& description, const StopFlag& stop) {
  double most = 0;
  for (const StreamDescription& stream : description.streams) {
    SourceOptions file = stream.source;
    file.realtime = file.loop = false;
    most = std::max(most, reordering_seconds(*Reader::open(file, stop)));
  }
  return 1000 * most;
}

class Search {
 public:
  Search(const PipelineDescription& description, double seconds, const StopFlag& stop)
      : description_(description),
        hop_ms_(shortest_hop_ms(description)),
        seconds_(std::max(seconds, kLeastWindows * hop_ms_ / 1000)),
        stop_(stop) {
    found_.hop_ms = hop_ms_;
  }

  CameraCapacity run(int most) {
    int cameras = greatest_that_holds(most, [this](int number) { return holds(number, seconds_); });
    while (cameras > 0 && !stop_ && !holds(cameras, kConfirmTimes * seconds_)) --cameras;
    if (cameras > 0 && !stop_) found_.confirmed = found_.trials.back();
    if (!stop_) found_.reordering_ms = reordering_ms_of(description_, stop_);
    return std::move(found_);
  }

 private:
  bool holds(int cameras, double seconds) {
    if (stop_) return false;
    const CameraTrial trial = try_cameras(description_, cameras, seconds, stop_);
    if (stop_) return false;
    found_.trials.push_back(trial);
    log::info("{}", trial_text(trial));
    return trial.held(found_.hop_ms);
  }

  const PipelineDescription& description_;
  const double hop_ms_;
  const double seconds_;
  const StopFlag& stop_;
  CameraCapacity found_;
};

}  // namespace

CameraCapacity find_camera_capacity(const PipelineDescription& description, int most, double seconds,
                                    const StopFlag& stop) {
  return Search(description, seconds, stop).run(most);
}

double CameraCapacity::others_share() const {
  double most = 0;
  for (const CameraTrial& trial : trials) most = std::max(most, trial.others_share);
  return most;
}

std::string capacity_text(const std::string& config, const CameraCapacity& capacity) {
  std::string text = config + "\n  ";
  text +=
      capacity.confirmed.cameras == 0
          ? fmt::format("not one camera with all results within {:.0f} ms\n", capacity.hop_ms)
          : fmt::format("{}\n  nothing dropped and p99 within {:.0f} ms, the time from window to window\n",
                        trial_text(capacity.confirmed), capacity.hop_ms);
  if (capacity.reordering_ms > 0)
    text += fmt::format(
        "  pictures of these videos come in another order than they are shown (B-frames): up to {:.0f} ms "
        "from "
        "capture to arrival are theirs, and not counted\n",
        capacity.reordering_ms);
  if (capacity.disturbed())
    text += fmt::format(
        "  other programs had up to {:.0f} % of the processors meanwhile: measure again when the machine is "
        "quiet, it holds more\n",
        100 * capacity.others_share());
  return text;
}

std::string capacity_json(const std::string& config, const CameraCapacity& capacity) {
  nlohmann::ordered_json line{{"config", config}, {"hop_ms", capacity.hop_ms}};
  line.update(trial_json(capacity.confirmed));
  line["reordering_ms"] = capacity.reordering_ms;
  line["trials"] = nlohmann::ordered_json::array();
  line["disturbed"] = capacity.disturbed();
  for (const CameraTrial& trial : capacity.trials) line["trials"].push_back(trial_json(trial));
  return json_text(line);
}

}  // namespace actionflow
