// What made a network say what it says of a video: the surest clip of it, and where and when the network
// looked there, drawn over its pictures: by gradients (models/training/class_activation.h) or by what it
// attends to (models/training/attention_rollout.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/pictures/picture.h"
#include "datasets/pictures/prepare.h"
#include "datasets/video/source_options.h"
#include "models/formats/weight_files.h"
#include "models/training/class_activation.h"

namespace actionflow {

enum class ExplainBy { gradient, attention };

struct ExplanationRequest {
  SourceOptions source;              // a file, or a folder of frames
  std::string label;                 // of this class; empty: of the one that the network says
  std::optional<double> at;          // of the clip with its middle here, in seconds; else of the surest one
  std::optional<ExplainBy> by = {};  // else by attention where the network attends
};

struct Explanation {
  std::string label;
  float score = 0;            // what the network says of the class there
  double start = 0, end = 0;  // of the clip, in seconds
  std::vector<PreparedFramePtr> frames;
  ActivationMap map;
  ExplainBy by = ExplainBy::gradient;

  // How much each sample counts, 0 to 1 for the one that counts most.
  std::vector<float> when() const;
};

// Throws UsageError for a class that the network has not, SourceError for a video that cannot be read, and as
// ClassActivation and AttentionRollout do.
Explanation explain(const Model& model, const ExplanationRequest& request);

// Samples of the clip on top, what counted drawn over them below, and under each a bar for the moment.
RgbPicture explanation_strip(const Explanation& explanation, const InputSpec& input);

// The clip at its own speed with what counted drawn over it. Throws Error where the file cannot be written.
void write_explanation_video(const Explanation& explanation, const InputSpec& input,
                             const std::filesystem::path& file);

}  // namespace actionflow
