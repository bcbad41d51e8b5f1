// A decoded picture cut to a region, without a copy.
#pragma once

#include "datasets/video/ffmpeg.h"
#include "datasets/video/orientation.h"
#include "datasets/video/source_options.h"

namespace actionflow {

// The picture, which is nobody else's, then shows the region only. Its edges move outwards to even pixels, so
// that colour planes of half the size are cut where they can be. `orientation` says how it is to be shown.
void crop_picture(AVFrame& picture, const Region& region, const Orientation& orientation);

}  // namespace actionflow
