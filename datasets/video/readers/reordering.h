// Pictures that are sent in another order than they are shown (B-frames).
#pragma once

#include "datasets/video/readers/reader.h"

namespace actionflow {

// How long after it was taken a picture can be shown at the earliest, in seconds, where packets are sent as
// soon as their pictures are there: the order's own delay, by the first packets. 0 where there are no
// B-frames.
double reordering_seconds(Reader& reader);

}  // namespace actionflow
