// The options of events as a network's calibration has them.
#pragma once

#include "models/weights/calibration.h"
#include "nodes/events/event_options.h"

namespace actionflow {

EventOptions calibrated_options(const EventCalibration& calibration);

}  // namespace actionflow
