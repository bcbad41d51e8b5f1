// Tells whether frames that were kept are still those that this program would prepare.
#pragma once

#include <cstdint>

#include "datasets/recordings/video_frames.h"

namespace actionflow {

// Of the pixels that a fixed picture becomes in this form: another number where scaling, cropping or colour
// were changed since. Takes about as long as one frame.
std::uint64_t prepare_fingerprint(const FrameForm& form);

}  // namespace actionflow
