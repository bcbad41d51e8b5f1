// Pictures of streams as they are now, as JPEG: each made once for all who look at it, and only while
// somebody does. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "nodes/sinks/draw_result.h"
#include "pipeline/web/web_sources.h"

namespace actionflow {

class LivePictures {
 public:
  explicit LivePictures(const WebSources& sources) : sources_(sources) {}

  // Null where there is none: at the first look, or of an unknown stream. The same one again until a newer
  // frame is decoded. Throws Error where the frame cannot be encoded.
  using Jpeg = std::shared_ptr<const std::string>;
  Jpeg plain(const std::string& stream);
  // With what was last found in it drawn on it, larger.
  Jpeg annotated(const std::string& stream);

 private:
  enum class Kind { plain, annotated };
  struct Made {
    std::mutex mutex;
    std::int64_t arrival_ns = 0;  // of the frame
    std::int64_t pts_us = 0;
    Jpeg jpeg;
  };
  Jpeg newest(const std::string& stream, Kind kind);
  std::shared_ptr<Made> made_of(const std::string& stream, Kind kind);
  std::string draw(const std::string& stream, const Frame& frame) const;
  DrawnResult found_in(const std::string& stream) const;

  const WebSources& sources_;
  std::mutex mutex_;
  std::map<std::pair<std::string, Kind>, std::shared_ptr<Made>> made_;  // of streams that give pictures
};

}  // namespace actionflow
