// Tells JPEG pictures that come one after the other from a single one, by their first bytes.
//
// FFmpeg's probing takes a picture that is followed by nothing, or by nothing yet, for a single one.
#pragma once

#include <cstdint>
#include <span>

namespace actionflow {

bool begins_as_jpeg(std::span<const std::uint8_t> bytes);

// Whether after the picture that the bytes begin with another one begins. One inside the first, an EXIF
// preview, is none.
bool is_motion_jpeg(std::span<const std::uint8_t> bytes);

}  // namespace actionflow
