// A first pipeline file, with comments, for somebody who has sources and weights: what `init` writes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/formats/weight_files.h"

namespace actionflow {

struct FirstStream {
  std::string name;    // a key of the file
  std::string source;  // a file's path is absolute
  std::string found;   // what it sends, one line: "h264, 1280×720, 25 frames/s"
  bool live = false;
};

// `weights`: the model's file. The file has only what is needed; further sinks stand in comments.
std::string first_pipeline(const std::vector<FirstStream>& streams, const Model& model,
                           const std::filesystem::path& weights);

// "door" of rtsp://user:password@door.local/1, "yard_2" of /videos/Yard 2.mp4; none twice.
std::string stream_name(const std::string& source, const std::vector<FirstStream>& others);

}  // namespace actionflow
