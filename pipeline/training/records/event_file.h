// Curves for TensorBoard: an event file of scalars.
//
// A TFRecord file (tensorflow/core/lib/io/record_writer.h: length, masked CRC-32C of the length, data, masked
// CRC-32C of the data) of Event messages (tensorflow/core/util/event.proto: wall_time, step, a summary of
// tags with values). The file's name is the one TensorBoard looks for, events.out.tfevents.…; a run that goes
// on writes into the file that it left, cut back to its checkpoint's step. Belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

namespace actionflow {

struct Scalar {
  std::string tag;  // "loss/train"
  double value = 0;
};

class EventFile {
 public:
  // Begins a file in the folder, or goes on with the one that stands there, if one does: what follows the
  // last event of `last_step` or before, whole or half-written, is cut off. Throws Error that names the file.
  static EventFile go_on(const std::filesystem::path& folder, std::int64_t last_step);

  // One event; written through to the system at once.
  void add(std::int64_t step, std::span<const Scalar> scalars);

  const std::filesystem::path& path() const { return path_; }

 private:
  static EventFile begin(const std::filesystem::path& folder);
  explicit EventFile(std::filesystem::path path) : path_(std::move(path)) {}
  void append(const std::string& event) const;
  void append_version() const;  // the first event of every file

  std::filesystem::path path_;
};

// CRC-32C (Castagnoli, RFC 3720 appendix B.4).
std::uint32_t crc32c(std::span<const char> bytes);

}  // namespace actionflow
