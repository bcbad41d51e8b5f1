// What was found as captions, which players show over the video: SRT or WebVTT, a file a stream.
//
// Written whole when the stream is done; a stream that could not be read gets none.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "nodes/outputs/stream_output.h"

namespace actionflow {

enum class CaptionFormat { srt, vtt };

// A cue an action, in the order of their starts, each at least a millisecond long. UTF-8; a label is one
// line. Never empty: an empty file is one that is still to be written.
std::string captions(CaptionFormat format, const std::vector<FoundAction>& actions);

class CaptionOutput : public StreamOutput {
 public:
  using FileOf = std::function<std::filesystem::path(const std::string& stream)>;
  CaptionOutput(CaptionFormat format, FileOf file_of, Found found)
      : StreamOutput(found), format_(format), file_of_(std::move(file_of)) {}

 private:
  void write(const StreamEnd& end, const std::vector<FoundAction>& actions) override;

  const CaptionFormat format_;
  const FileOf file_of_;
};

}  // namespace actionflow
