// One picture of what a network will see in training: clips as film strips, as they are and as changed.
#pragma once

#include <string>
#include <vector>

#include "datasets/clips/augment.h"
#include "datasets/pictures/picture.h"

namespace actionflow {

struct SheetRow {
  std::string title;                       // "swipe_left -> swipe_right, 0012.mp4"
  std::vector<PreparedFramePtr> original;  // as evaluation and classify see it; may be none
  std::vector<PreparedFramePtr> changed;
};

// A clip drawn as training draws it, with its title: `name`, its labels, and what they became.
SheetRow sheet_row(const Augmenter& augmenter, const VideoFrames& video, const std::string& name,
                   const std::vector<int>& labels, std::uint64_t seed, std::uint32_t epoch,
                   std::uint64_t sample);

// Under each title the original on top of the changed clip, and of each its motion where the form has it.
// At most `columns` samples of a clip are shown.
RgbPicture augmentation_sheet(const std::vector<SheetRow>& rows, const InputSpec& input, int columns = 8);

}  // namespace actionflow
