// The version of FFmpeg that the program runs with, as its libraries name themselves.
#pragma once

#include <string>

namespace actionflow {

std::string ffmpeg_version();

}  // namespace actionflow
