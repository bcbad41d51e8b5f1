#include "pipeline/evaluation/stream_evaluation.h"

#include <fmt/format.h>

#include <algorithm>

#include "nodes/events/calibrated_options.h"

namespace actionflow {

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
  if (!calibration.temperature) return detect_actions(scored, options, classes);
  std::vector<ScoredStream> tempered(scored.begin(), scored.end());
  for (ScoredStream& stream : tempered) set_temperature(stream, *calibration.temperature);
  return detect_actions(tempered, options, classes);
}

}  // namespace actionflow
