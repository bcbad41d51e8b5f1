#include "pipeline/evaluation/streams/stream_evaluation.h"

#include <fmt/format.h>

#include <algorithm>

#include "nodes/events/calibrated_options.h"

namespace actionflow {
namespace {

// A clip of none of the classes says nothing, as in a pipeline.
void silence_below(ScoredStream& stream, double none_below) {
  for (ScoredObservation& one : stream.observations) {
    if (!one.action && *std::max_element(one.which.begin(), one.which.end()) < none_below)
      std::fill(one.which.begin(), one.which.end(), 0.0F);
  }
}

}  // namespace

Calibration calibrate_streams(std::span<const ScoredStream> scored, const std::vector<std::string>& classes,
                              const std::string& split) {
  Calibration calibration = fit_events(scored, classes);
  std::int64_t actions = 0;
  for (const ScoredStream& stream : scored)
    actions += std::count_if(stream.actions.begin(), stream.actions.end(),
                             [](const TimedAction& action) { return action.label >= 0; });
  calibration.chosen_on = fmt::format("{}, {} actions in {} streams", split, actions, scored.size());
  return calibration;
}

std::vector<StreamDetections> detect_calibrated(std::span<const ScoredStream> scored,
                                                const Calibration& calibration,
                                                const std::vector<std::string>& classes) {
  const EventOptions options = calibration.events ? calibrated_options(*calibration.events) : EventOptions{};
  std::vector<StreamDetections> detected;
  detected.reserve(scored.size());
  for (ScoredStream stream : scored) {
    if (calibration.temperature) set_temperature(stream, *calibration.temperature);
    if (calibration.none_below) silence_below(stream, *calibration.none_below);
    detected.push_back(detect_actions(stream, options, classes));
  }
  return detected;
}

}  // namespace actionflow
