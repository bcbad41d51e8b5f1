// A training clip from a video's frames: sampled, changed at random, in a network's input form.
//
// All that is drawn is drawn once a clip, so every frame of it is changed alike (grain aside, which each
// frame of the video has its own of, and shake, whose path is drawn once). Each option draws for itself:
// turning one on does not change another's values. In this order:
// - time: sampling's own draws, reversal, idle ends, held pictures;
// - geometry (crop, scale, rotation, translation, flip, shake): one warp a frame from the kept frame to the
//   input's size (warp.h); with none asked for and frames kept at the input's size, the pixels are those
//   that classify prepares, to the byte;
// - blur, then brightness, contrast, saturation and hue in this order (color_change.h), then noise;
// - motion against the sample before, which is changed alike, by the code that classify uses (motion.h);
// - erasing: one rectangle of one colour, without motion.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "base/random.h"
#include "base/tensor/input_spec.h"
#include "datasets/clips/clip_change.h"
#include "datasets/clips/clip_sampler.h"
#include "datasets/pictures/prepare.h"
#include "datasets/recordings/video_frames.h"

namespace actionflow {

struct AugmentOptions {
  double margin = 1;                   // kept frames are the input's size times this
  std::array<double, 2> scale{1, 1};   // random resized crop: share of the picture's area; beyond 1: a
                                       // smaller picture, its border pixels repeated around it
  std::array<double, 2> aspect{1, 1};  // and its change of proportions
  double rotate = 0;                   // degrees, to both sides
  double translate = 0;                // share of width and height, to all sides
  double flip = 0;                     // probability of a mirrored clip
  // What a mirrored label becomes, both ways; "": a clip of none of the classes.
  std::map<std::string, std::string> flip_labels;
  std::vector<std::string> flip_excluded;  // labels that are never mirrored
  double reverse = 0;                      // probability of a clip played backwards
  // Likewise of a reversed one; only labels named here are reversed.
  std::map<std::string, std::string> reverse_labels;
  // An end of the clip holds still for up to this share of it, either end with probability ½. In `dense`
  // sampling the clip's other end is cut off for it, else the movement is so much faster.
  double idle = 0;
  double hold = 1;  // a picture stays for up to this many samples on average, as a slower camera's would
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;  // jitter, as torchvision's ColorJitter
  double gray = 0;                                               // probability
  double noise = 0;  // greatest standard deviation of added noise, in 255ths
  double blur = 0;   // probability of a Gaussian blur
  double erase = 0;  // probability of one erased rectangle (Zhong et al. 2017)
  double shake = 0;  // hand-held camera: smooth random drift, greatest share of the width
  double mixup = 0;  // α of its Beta distribution; 0: none. Applied by the batch (mixup.h).

  static void describe(config::Fields<AugmentOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

// What is drawn for one clip, beside its moments.
struct ClipDraw {
  std::vector<int> labels;  // after flip and reverse
  bool mirrored = false, reversed = false;
  ClipChange change;  // contrast's pivot is still to be set
};

struct TrainingClip {
  std::vector<PreparedFramePtr> frames;  // as many as the input's, with its motion channel
  std::vector<int> labels;               // after flip and reverse
};

class Augmenter {
 public:
  // Throws UsageError for a label in the maps that is not a class, or that stands in two pairs.
  Augmenter(const AugmentOptions& options, const SamplingOptions& sampling, const InputSpec& input,
            const std::vector<std::string>& classes);

  // What frames have to be kept at.
  FrameForm kept_form() const;
  const InputSpec& input() const { return input_; }
  const SamplingOptions& sampling() const { return sampling_; }
  const std::vector<std::string>& classes() const { return classes_; }
  // `seconds`: the video's duration. A function of its arguments only; safe from many threads.
  ClipDraw draw(const std::vector<int>& labels, double seconds, std::uint64_t seed, std::uint32_t epoch,
                std::uint64_t sample) const;
  // The moments as a slower camera of options.hold shows them.
  ClipTimes held(const ClipTimes& times, std::uint64_t seed, std::uint32_t epoch, std::uint64_t sample) const;
  // What one of the labels that the clip was drawn with became: a class, or kMovementOfNone. Others than
  // classes stay.
  int label_after(const ClipDraw& draw, int label) const;
  // A function of its arguments only; safe from many threads. Frames may be kept at any size. Labels may
  // be none (a video of no class).
  TrainingClip training_clip(const VideoFrames& video, const std::vector<int>& labels, std::uint64_t seed,
                             std::uint32_t epoch, std::uint64_t sample) const;

 private:
  ClipTimes clip_times(const VideoFrames& video, bool reverses, std::uint64_t seed, std::uint32_t epoch,
                       std::uint64_t sample) const;

  AugmentOptions options_;
  SamplingOptions sampling_;
  InputSpec input_;
  std::vector<std::string> classes_;
  // What each class becomes (label_swap.h).
  std::vector<int> mirrored_;
  std::vector<int> reversed_;
};

// Mean luma of the frame, which contrast turns around.
double contrast_pivot(const VideoFrames& video, std::int64_t frame);

// The clips of one video for evaluation, in the input form, without any change. `crops`: 1 takes the
// picture that classify would; 3 takes windows of the input's size at both ends and in the middle of the
// kept frames' longer excess, so these must be larger than the input (UsageError where they are not). Views
// in time stand first: clip 0's crops, clip 1's crops, …
std::vector<std::vector<PreparedFramePtr>> evaluation_clips(const VideoFrames& video,
                                                            const SamplingOptions& sampling,
                                                            const InputSpec& input, int crops = 1);

}  // namespace actionflow
