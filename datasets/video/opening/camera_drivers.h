// FFmpeg's drivers of cameras at this machine (V4L2).
//
// They stand in a library that brings a hundred others, of windows and sound, along: more than half of the
// time that a program which links it needs to start. It is opened when the first such camera is.
#pragma once

namespace actionflow {

// From then on av_find_input_format() knows them. From any thread. Throws Error where the library is missing.
void register_camera_drivers();

}  // namespace actionflow
