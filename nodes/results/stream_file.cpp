#include "nodes/results/stream_file.h"

namespace actionflow {

std::filesystem::path stream_file(const std::filesystem::path& file, const std::string& stream) {
  std::string plain = stream;
  for (char& c : plain) {
    if (c == '/' || static_cast<unsigned char>(c) < ' ') c = '_';
  }
  std::filesystem::path path = file;
  path.replace_filename(file.stem().string() + "-" + plain + file.extension().string());
  return path;
}

}  // namespace actionflow
