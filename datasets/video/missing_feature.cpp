#include "datasets/video/missing_feature.h"

#include <cerrno>

#include "datasets/video/ffmpeg.h"
#include "datasets/video/ffmpeg_version.h"

namespace actionflow {

bool is_missing_feature(int ffmpeg_error) {
  return ffmpeg_error == AVERROR_PATCHWELCOME || ffmpeg_error == AVERROR_DECODER_NOT_FOUND ||
         ffmpeg_error == AVERROR_DEMUXER_NOT_FOUND || ffmpeg_error == AVERROR_BSF_NOT_FOUND ||
         ffmpeg_error == AVERROR_EXPERIMENTAL || ffmpeg_error == AVERROR(ENOSYS);
}

std::string missing_feature_text(int ffmpeg_error) {
  return "uses something that FFmpeg " + ffmpeg_version() +
         " cannot read: " + ffmpeg_error_text(ffmpeg_error) + "; convert it to H.264 in mp4 or mkv";
}

}  // namespace actionflow
