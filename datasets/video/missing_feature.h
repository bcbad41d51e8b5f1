// What is whole, as far as one knows, but of a kind that this FFmpeg was not written or built for.
#pragma once

#include <string>

namespace actionflow {

bool is_missing_feature(int ffmpeg_error);

// "uses something that FFmpeg … cannot read: …; convert it to …"
std::string missing_feature_text(int ffmpeg_error);

}  // namespace actionflow
