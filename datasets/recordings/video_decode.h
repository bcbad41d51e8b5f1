// A recorded video decoded from its first frame to its last, a frame at a time, in a form of FrameForm's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "datasets/pictures/prepare.h"
#include "datasets/recordings/video_frames.h"
#include "datasets/video/decoding/decoder.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

struct DecodedVideo {
  double duration = 0;       // as VideoFrames has it
  std::int64_t decoded = 0;  // pictures that the decoder gave
};

// Takes a frame and its time since the first frame; false ends the decoding.
using FrameSink = std::function<bool(std::int64_t time_us, const PreparedFramePtr& frame)>;

// Never holds more than the frames between two packets. What the decoder cannot give is passed over.
// Throws SourceError, also for a source that goes on for ever and for one that gives no frame.
DecodedVideo decode_video(const SourceOptions& source, const FrameForm& form, const FrameSink& sink);

// Throws SourceError for a source that is not recorded, by its name: a camera, a network stream, standard
// input.
void require_recorded(const SourceOptions& source);
// Throws SourceError for one that turns out not to be, too: what comes by HTTP may be either. `stop` must
// outlive the reader.
std::unique_ptr<Reader> open_recorded(const SourceOptions& source, const StopFlag& stop);
[[noreturn]] void throw_no_frame(const SourceOptions& source, const Decoder& decoder);

}  // namespace actionflow
