#include "datasets/clips/augment.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "datasets/clips/augment_time.h"
#include "datasets/clips/clip_frames.h"
#include "datasets/clips/label_swap.h"
#include "datasets/recordings/timed_action.h"

namespace actionflow {

namespace {

void require_colors(const VideoFrames& video, const InputSpec& input) {
  if (video.form().color == input.color && video.count() > 0) return;
  throw Error(ExitCode::failure,
              "frames are kept in other colours than the network's input, or there are none");
}

// Where the view's window stands in the kept frame.
Affine window(const FrameForm& kept, const InputSpec& input, int crop, int crops) {
  if (crops == 1) return Geometry{}.map(kept, input.height, input.width);
  const int room_x = kept.width - input.width, room_y = kept.height - input.height;
  const double place = static_cast<double>(crop) / (crops - 1);
  const bool along_x = room_x >= room_y;
  // Whole pixels, so that nothing is blended.
  Affine map;
  map.c = std::floor(room_x * (along_x ? place : 0.5));
  map.f = std::floor(room_y * (along_x ? 0.5 : place));
  return map;
}

void require_crops(const FrameForm& kept, const InputSpec& input, int crops) {
  if (crops != 1 && crops != 3) throw UsageError("crops is " + std::to_string(crops) + ", expected 1 or 3");
  const bool fits = kept.width >= input.width && kept.height >= input.height;
  const bool larger = kept.width > input.width || kept.height > input.height;
  if (crops > 1 && !(fits && larger))
    throw UsageError(
        "three crops need frames kept larger than the network's input: set augment.margin above 1");
}

}  // namespace

Augmenter::Augmenter(const AugmentOptions& options, const SamplingOptions& sampling, const InputSpec& input,
                     const std::vector<std::string>& classes)
    : options_(options),
      sampling_(sampling),
      input_(input),
      classes_(classes),
      mirrored_(swapped_classes("data.augment.flip_labels", options.flip_labels, classes, true)),
      reversed_(swapped_classes("data.augment.reverse_labels", options.reverse_labels, classes, false)) {
  for (const std::string& label : options.flip_excluded)
    mirrored_[static_cast<std::size_t>(class_of("data.augment.flip_excluded", label, classes))] = kNotChanged;
}

FrameForm Augmenter::kept_form() const { return FrameForm::of(input_, options_.margin); }

double contrast_pivot(const VideoFrames& video, std::int64_t frame) {
  const FrameForm& form = video.form();
  return mean_luma(form.color, video.pixels(frame),
                   static_cast<std::size_t>(form.height) * static_cast<std::size_t>(form.width));
}

ClipDraw Augmenter::draw(const std::vector<int>& labels, double seconds, std::uint64_t seed,
                         std::uint32_t epoch, std::uint64_t sample) const {
  const auto random_for = [&](const char* purpose) { return Random(seed, purpose, epoch, sample); };
  ClipDraw drawn;
  drawn.labels = labels;
  drawn.mirrored =
      random_for("augment flip").chance(options_.flip) && (labels.empty() || may_change(mirrored_, labels));
  if (drawn.mirrored) drawn.labels = changed(mirrored_, std::move(drawn.labels));
  drawn.reversed =
      random_for("augment reverse").chance(options_.reverse) && may_change(reversed_, drawn.labels);
  if (drawn.reversed) drawn.labels = changed(reversed_, std::move(drawn.labels));
  drawn.change = ClipChange::draw(options_, input_, seconds, seed, epoch, sample);
  drawn.change.geometry.mirrored = drawn.mirrored;
  return drawn;
}

int Augmenter::label_after(const ClipDraw& draw, int label) const {
  if (label < 0) return label;
  if (draw.mirrored) label = mirrored_[static_cast<std::size_t>(label)];
  if (draw.reversed && label >= 0) label = reversed_[static_cast<std::size_t>(label)];
  return std::max(label, kMovementOfNone);
}

TrainingClip Augmenter::training_clip(const VideoFrames& video, const std::vector<int>& labels,
                                      std::uint64_t seed, std::uint32_t epoch, std::uint64_t sample) const {
  require_colors(video, input_);
  ClipDraw drawn = draw(labels, video.duration(), seed, epoch, sample);
  ClipChange& change = drawn.change;
  const ClipFrames clip = ClipFrames::of(video, clip_times(video, drawn.reversed, seed, epoch, sample));
  if (change.colors.contrast != 1)
    change.colors.pivot = contrast_pivot(video, clip.frames[clip.frames.size() / 2]);

  TrainingClip result;
  result.labels = std::move(drawn.labels);
  result.frames = painted_clip(
      clip, input_, [&](std::int64_t frame, std::uint8_t* out) { change.paint(video, frame, input_, out); },
      [&](PreparedFrame& frame) { change.erase(input_, frame); });
  return result;
}

ClipTimes Augmenter::clip_times(const VideoFrames& video, bool reverses, std::uint64_t seed,
                                std::uint32_t epoch, std::uint64_t sample) const {
  Random moments(seed, "sampling", epoch, sample);
  ClipTimes times =
      actionflow::training_clip(sampling_, input_, video.duration(), moments, video.last_frame());
  if (reverses) times = reversed(times, video.duration());
  if (options_.idle > 0) {
    Random idle(seed, "augment idle", epoch, sample);
    const bool cut = sampling_.mode == SamplingMode::dense;
    times = with_idle_ends(times, draw_idle_ends(options_.idle, idle), cut);
  }
  return held(times, seed, epoch, sample);
}

ClipTimes Augmenter::held(const ClipTimes& times, std::uint64_t seed, std::uint32_t epoch,
                          std::uint64_t sample) const {
  if (options_.hold <= 1) return times;
  Random hold(seed, "augment hold", epoch, sample);
  const double samples = hold.uniform(1, options_.hold);
  return with_held_pictures(times, samples, hold.uniform_double());
}

std::vector<std::vector<PreparedFramePtr>> evaluation_clips(const VideoFrames& video,
                                                            const SamplingOptions& sampling,
                                                            const InputSpec& input, int crops) {
  require_colors(video, input);
  require_crops(video.form(), input, crops);
  const FrameForm& kept = video.form();
  std::vector<std::vector<PreparedFramePtr>> views;
  for (const ClipTimes& times : evaluation_clips(sampling, input, video.duration(), video.last_frame())) {
    const ClipFrames clip = ClipFrames::of(video, times);
    for (int crop = 0; crop < crops; ++crop) {
      const Affine map = window(kept, input, crop, crops);
      views.push_back(painted_clip(clip, input, [&](std::int64_t frame, std::uint8_t* out) {
        warp({video.pixels(frame), kept.height, kept.width, kept.channels()}, map, input.height, input.width,
             out);
      }));
    }
  }
  return views;
}

}  // namespace actionflow
