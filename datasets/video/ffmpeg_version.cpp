#include "datasets/video/ffmpeg_version.h"

#include "datasets/video/ffmpeg.h"

namespace actionflow {

std::string ffmpeg_version() { return av_version_info(); }

}  // namespace actionflow
