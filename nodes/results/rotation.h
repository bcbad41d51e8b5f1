// Keeping a file of lines small: when it has grown too large or too old, it becomes FILE.1, what was FILE.1
// becomes FILE.2, and so on, and lines go on in a new FILE. The oldest goes.
//
// A run goes on at the end of the file that it finds; a line that a killed run left unfinished is cut off.
// One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/config/config.h"
#include "base/config/quantity.h"
#include "base/machine/clock.h"
#include "nodes/results/line_output.h"

namespace actionflow {

struct RotateOptions {
  ByteSize size{100'000'000};
  std::optional<Duration> age;
  int keep = 5;
  static void describe(config::Fields<RotateOptions>& fields);
};

class Rotation {
 public:
  Rotation(std::filesystem::path file, const RotateOptions& options, const Clock& clock = Clock::system());

  // The file to begin with. Throws UsageError where it cannot be written.
  LineOutput open();
  // Before a line of so many bytes is written to `out`: puts the next file in its place where it is time.
  // Where the old one cannot be renamed it grows on, and the log says so.
  void before(LineOutput& out, std::size_t bytes);

 private:
  std::filesystem::path numbered(int number) const;
  bool due(std::size_t bytes) const;
  bool shift();

  const std::filesystem::path file_;
  const RotateOptions options_;
  const Clock& clock_;
  bool complained_ = false;
  std::int64_t bytes_ = 0;
  std::int64_t begun_ns_ = 0;  // UTC
};

}  // namespace actionflow
