// Videos made harder: what `evaluate --perturb` and the diagnosis of time show a network.
//
// Each perturbation wraps a video's kept frames and is itself such a video, so that it passes through the
// same sampling, motion and normalising as any other: motion is that of the perturbed pictures. What is
// drawn depends on (name, seed, video) alone. The result is immutable and safe to read from many threads;
// it shares the video it wraps, makes changed frames when they are first asked for and keeps them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "datasets/recordings/video_frames.h"

namespace actionflow {

struct Perturbation {
  std::string name;
  std::string help;
  bool of_time;  // of the diagnosis of time, not of `--perturb`
};

// shake_5, shake_12, idle_head, idle_tail, few_frames, dark, noise, occluder; of time: shuffled, reversed,
// frozen. Each one's help says exactly what it does.
std::span<const Perturbation> perturbations();

// Throws UsageError for a name that is none of them. `video_index`: the video's number in its list.
// `clip_seconds`: what one clip spans, 0 where it spans the whole video; few_frames, idle ends and shuffled
// count in stretches of this length.
std::shared_ptr<const VideoFrames> perturb(std::shared_ptr<const VideoFrames> video, std::string_view name,
                                           std::uint64_t seed, std::uint64_t video_index,
                                           double clip_seconds = 0);

}  // namespace actionflow
