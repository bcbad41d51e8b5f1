// What a picture takes in memory.
#pragma once

#include <cstdint>

#include "datasets/video/frame.h"

namespace actionflow {

// Bytes that stay allocated for as long as the frame is held.
std::int64_t frame_bytes(const Frame& frame);

}  // namespace actionflow
