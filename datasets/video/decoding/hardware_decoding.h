// Decoding by a graphics device.
#pragma once

#include "datasets/video/ffmpeg.h"
#include "datasets/video/source_options.h"

namespace actionflow {

// Gives `context`, which is not open yet, the first device of the kind wanted that is there and knows the
// codec, and returns the format of its pictures; AV_PIX_FMT_NONE, and one line in the log, once an hour at
// most, where there is none: then the processor decodes. `shown` is what messages call the source.
AVPixelFormat attach_device(AVCodecContext& context, const AVCodec& codec, Hardware wanted,
                            const std::string& shown);

// The picture in the machine's memory; null where it cannot be fetched.
UniqueFrame fetched(const AVFrame& picture);

}  // namespace actionflow
