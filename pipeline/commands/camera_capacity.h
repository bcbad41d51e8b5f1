// benchmark --cameras: how many cameras a pipeline holds on this machine.
#pragma once

#include <string>
#include <vector>

#include "pipeline/run/camera_trial.h"

namespace actionflow {

struct CameraCapacity {
  double hop_ms = 0;                // results have to come within it
  double reordering_ms = 0;         // that a picture is late by the order of its video, at most; not counted
  CameraTrial confirmed;            // of the most cameras that it holds; of none where it does not hold one
  std::vector<CameraTrial> trials;  // in their order

  double others_share() const;  // the most that other programs had of the processors in any trial
  // The machine holds more than was found.
  bool disturbed() const { return others_share() > kQuietShare; }
  static constexpr double kQuietShare = 0.1;
};

// Tries each number of cameras for `seconds`, and the one found for four times as long. `stop` ends it early.
CameraCapacity find_camera_capacity(const PipelineDescription& description, int most, double seconds,
                                    const StopFlag& stop);

std::string capacity_text(const std::string& config, const CameraCapacity& capacity);
std::string capacity_json(const std::string& config, const CameraCapacity& capacity);

}  // namespace actionflow
