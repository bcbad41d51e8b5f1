// Source policy: what a source's name may mean, and which formats and protocols may open.
//
// A name is a file unless it is "-", a video device, or begins with rtsp://, rtsps://, http://, https://,
// s3://, rtmp://, rtmps://, srt:// or udp://. Other schemes of FFmpeg's (concat:, subfile,,, data:, hls+…)
// therefore name files, which hardly exist; an unknown "scheme://" is refused by name. Nothing that a file
// refers to is opened.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/source_options.h"

namespace actionflow {

// What a setting forbids: trying again does not help.
class RefusedSource : public SourceError {
 public:
  using SourceError::SourceError;
};

// `stream`: bytes of a container that come over the network without an end, by RTMP, SRT or UDP.
// `object`: a file in a bucket.
enum class SourceKind { file, standard_input, frame_folder, device, rtsp, http, stream, object };

bool is_network(SourceKind kind);

// Throws SourceError for what cannot be a source: an empty name, an unknown scheme, a missing file.
SourceKind source_kind(const SourceOptions& options);

// The same by the name alone, without a look at the disk: folders count as files.
SourceKind source_kind_by_name(std::string_view source);

// What is wrong with an address whose scheme is none of those; empty where that is not so.
std::string unopened_scheme(const std::string& source);

// Throws SourceError where the format found in `source`'s bytes is not one of moving pictures that
// stand in the bytes themselves, RefusedSource where allow_manifests would allow it. `shown` is the name for
// messages.
void require_allowed_format(const AVInputFormat& format, const std::string& shown, bool from_network,
                            bool allow_manifests);

bool is_manifest(const AVInputFormat& format);
// Of these, one whose segments come one after the other, with silence between them.
bool is_playlist(const AVInputFormat& format);

// Raw pictures (H.264, HEVC, MPEG-4, AV1, MJPEG …), of which FFmpeg makes time stamps up from a rate that it
// takes for granted.
bool has_no_clock(const AVInputFormat& format);

// Comma-separated, as FFmpeg's options take them.
std::string format_whitelist(SourceKind kind, bool allow_manifests);
std::string protocol_whitelist(SourceKind kind, bool allow_manifests);

}  // namespace actionflow
