#include "nodes/events/calibrated_options.h"

namespace actionflow {

EventOptions calibrated_options(const EventCalibration& calibration) {
  EventOptions options;
  options.begin = calibration.thresholds.begin;
  options.end = calibration.thresholds.end;
  for (const auto& [label, thresholds] : calibration.classes)
    options.classes[label] = {thresholds.begin, thresholds.end};
  options.smooth = calibration.smooth;
  options.shortest = calibration.shortest;
  options.merge = calibration.merge;
  options.trail = calibration.trail;
  return options;
}

}  // namespace actionflow
