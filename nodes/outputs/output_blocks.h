// What an earlier run left in an output file, stream by stream.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace actionflow {

// What belongs to one stream, as it stands there.
struct OutputBlock {
  std::string stream;
  std::string text;
  bool done = false;  // nothing of it is missing, and it could be read
};

// Of a file of csv_output.h's, json_output.h's or event_page.h's, by its suffix; none where there is no file.
// A last line that is torn makes its stream one that is not done. Throws UsageError where it holds something
// else: it is not ours to write over.
std::vector<OutputBlock> read_output_blocks(const std::filesystem::path& file);

}  // namespace actionflow
