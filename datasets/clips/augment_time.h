// A training clip's moments changed: ends that hold still, held pictures, and reversal.
#pragma once

#include "datasets/clips/clip_sampler.h"

namespace actionflow {

// Shares of the clip that hold still; head + tail < 1.
struct IdleEnds {
  double head = 0, tail = 0;
};

// Either end with probability ½, each up to `most` of the clip.
IdleEnds draw_idle_ends(double most, Random& random);

// The clip with its first and last samples held. With `cut`, the other samples keep their distances and
// as many are cut off the opposite end; else the whole clip is played in the samples that are left, so
// faster. A held first sample has no motion.
ClipTimes with_idle_ends(const ClipTimes& clip, const IdleEnds& idle, bool cut);

// The clip as a slower camera shows it: each moment stays for `samples` samples (1 or more, on average), the
// first change coming after `phase` (0…1) of such a time.
ClipTimes with_held_pictures(const ClipTimes& clip, double samples, double phase);

// The clip played backwards, its moments falling. The sample before the first is then the one that would
// follow the last, NaN (none) where the video ends there.
ClipTimes reversed(const ClipTimes& clip, double duration);

}  // namespace actionflow
