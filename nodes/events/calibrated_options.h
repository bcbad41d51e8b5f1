// The options of events as a network's calibration has them.
#pragma once

#include "models/weights/calibration.h"
#include "nodes/events/event_options.h"

namespace actionflow {

// Windows that begin in the time of one, where thresholds of events are chosen; and so many where they are
// used, unless a pipeline has another hop.
inline constexpr int kEventWindows = 10;

EventOptions calibrated_options(const EventCalibration& calibration);

}  // namespace actionflow
