// Writes a video file from pictures in memory: annotated videos, samples, and what tests read.
//
// The container follows the path's suffix (.mp4, .mkv, .avi, .webm, …), or it is an RTSP server that is sent
// to. Belongs to one thread.
// Throws Error (exit code 5) that names the path when something cannot be written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "datasets/video/orientation.h"

namespace actionflow {

struct VideoWriterOptions {
  int width = 0;  // of the pictures given; encoded sizes are rounded up to even ones where need be
  int height = 0;
  double frame_rate = 25;  // nominal; exact where the container knows constant rates only (AVI)
  bool bgr = false;        // bytes of a pixel are B, G, R instead of R, G, B
  // FFmpeg's name of an encoder; empty: H.264 where libx264 is there, else MPEG-4 (WebM: VP8).
  std::string encoder;
  int quality = 20;                 // of H.264: 0 is lossless, 51 the worst
  std::string preset = "veryfast";  // of libx264: how much time it spends on a picture
  int keyframe_interval = 0;        // frames; 0: the encoder's own choice
  Orientation orientation = {};     // how a player has to show the pictures
  int threads = 1;
  // The path is an rtsp:// address, to which pictures are sent over TCP as they come. A server that takes
  // nothing for kPatienceSeconds is an error.
  bool live = false;
  // What is written is readable at any time, but for the last second, so after a kill, too; and the encoder
  // holds no pictures, of which 8K has 50 MB each. For cameras, of whose video nobody knows how long it gets.
  bool growing = false;
};

class VideoWriter {
 public:
  static constexpr double kPatienceSeconds = 5;

  VideoWriter(const std::filesystem::path& path, const VideoWriterOptions& options);
  // Whether the path's suffix names a container that can be written.
  static bool knows_suffix(const std::filesystem::path& path);
  // Ends the file if finish() was not called, without a word about failures.
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  // Height × width × 3 bytes, rows without gaps. A time stamp that does not rise is moved on to the
  // next one that can be written.
  void write(const std::uint8_t* pixels, std::int64_t pts_us);
  // Writes what the encoder still holds and the container's end.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
