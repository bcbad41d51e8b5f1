// A training clip from a video's frames: sampled, changed at random, in a network's input form.
//
// All that is drawn is drawn once a clip, so every frame of it is changed alike. Geometry (crop, scale,
// rotation, translation, flip) is one warp a frame from the kept frame to the input's size; with none asked
// for and frames kept at the input's size, the pixels are those that classify prepares, to the byte. Colour
// changes follow, then motion against the sample before, erasing last.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/input_spec.h"
#include "base/random.h"
#include "datasets/clip_sampler.h"
#include "datasets/prepare.h"
#include "datasets/video_frames.h"

namespace actionflow {

struct AugmentOptions {
  double margin = 1;                                  // kept frames are the input's size times this
  std::array<double, 2> scale{1, 1};                  // random resized crop: share of the picture's area
  std::array<double, 2> aspect{1, 1};                 // and its change of proportions
  double rotate = 0;                                  // degrees, to both sides
  double translate = 0;                               // share of width and height, to all sides
  double flip = 0;                                    // probability of a mirrored clip
  std::map<std::string, std::string> flip_labels;     // what a mirrored label becomes, both ways
  std::vector<std::string> flip_excluded;             // labels that are never mirrored
  double reverse = 0;                                 // probability of a clip played backwards
  std::map<std::string, std::string> reverse_labels;  // only labels named here are reversed
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;  // jitter, as torchvision's ColorJitter
  double gray = 0;                                               // probability
  double noise = 0;  // standard deviation of added noise, in 255ths
  double blur = 0;   // probability of a Gaussian blur
  double erase = 0;  // probability of one erased rectangle (Zhong et al. 2017)
  double shake = 0;  // hand-held camera: smooth random drift, share of the width
  double mixup = 0;  // α of its Beta distribution; 0: none. Applied by the batch.

  static void describe(config::Fields<AugmentOptions>& fields);
};

struct TrainingClip {
  std::vector<PreparedFramePtr> frames;  // as many as the input's, with its motion channel
  std::vector<int> labels;               // after flip and reverse
};

class Augmenter {
 public:
  // Throws UsageError for a label in the maps that is not a class.
  Augmenter(const AugmentOptions& options, const SamplingOptions& sampling, const InputSpec& input,
            const std::vector<std::string>& classes);

  // What frames have to be kept at.
  FrameForm kept_form() const;
  // A function of its arguments only; safe from many threads.
  TrainingClip training_clip(const VideoFrames& video, const std::vector<int>& labels, std::uint64_t seed,
                             std::uint32_t epoch, std::uint64_t sample) const;

 private:
  AugmentOptions options_;
  SamplingOptions sampling_;
  InputSpec input_;
  std::vector<std::string> classes_;
};

// The clips of one video for evaluation, in the input form, without any change; frames kept at the input's
// size. `crops`: 1 (the middle) or 3 along the longer side, only for forms that crop.
std::vector<std::vector<PreparedFramePtr>> evaluation_clips(const VideoFrames& video,
                                                            const SamplingOptions& sampling,
                                                            const InputSpec& input);

}  // namespace actionflow
