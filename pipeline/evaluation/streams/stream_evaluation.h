// A network's scores along streams become detections and their measures.
//
// While training, and wherever a calibration is chosen:
//   const std::vector<ScoredStream> scored = score_streams(*network, source_of(streams), {.threads = 2});
//   const Calibration calibration = calibrate_streams(scored, classes, "val");
//   const std::vector<StreamDetections> detected = detect_calibrated(scored, calibration, classes);
//   const EventMeasures measures = measure_events(detected, classes.size());
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/evaluation/streams/event_fitting.h"
#include "pipeline/evaluation/streams/stream_scorer.h"

namespace actionflow {

// fit_events() with its `chosen_on`: "val, 40 actions in 4 streams".
Calibration calibrate_streams(std::span<const ScoredStream> scored, const std::vector<std::string>& classes,
                              const std::string& split);

// At the calibration's temperature and thresholds, as a pipeline's `events` node does it; the decoder's own
// thresholds where there are none.
std::vector<StreamDetections> detect_calibrated(std::span<const ScoredStream> scored,
                                                const Calibration& calibration,
                                                const std::vector<std::string>& classes);

}  // namespace actionflow
