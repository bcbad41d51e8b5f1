// What decoding takes of memory.
#pragma once

#include <cstddef>

#include "datasets/video/source_options.h"

namespace actionflow {

// About what a decoder of the video holds at its height: the pictures that later ones refer to, those that
// wait to be shown and the one on its way. From the container's word of the size; 0 where it cannot be
// opened.
std::size_t decoder_bytes(const SourceOptions& source);

}  // namespace actionflow
