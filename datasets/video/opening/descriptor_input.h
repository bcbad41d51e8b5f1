// A file, pipe or standard input as FFmpeg reads it. Opened by us, so that a name means a file and
// nothing else, and so that waiting on a pipe can be stopped.
#pragma once

#include <memory>
#include <string>

#include "datasets/video/ffmpeg.h"
#include "datasets/video/file_stretch.h"
#include "datasets/video/opening/io_deadline.h"

namespace actionflow {

class DescriptorInput {
 public:
  // Throw SourceError. `deadline` must outlive the input. A file's name may be a stretch's (file_stretch.h).
  static std::unique_ptr<DescriptorInput> open_file(const std::string& path, IoDeadline& deadline);
  static std::unique_ptr<DescriptorInput> standard_input(IoDeadline& deadline);
  ~DescriptorInput();
  DescriptorInput(const DescriptorInput&) = delete;
  DescriptorInput& operator=(const DescriptorInput&) = delete;

  AVIOContext* io() { return io_.get(); }
  // A file on a disk, not a pipe.
  bool regular() const { return regular_; }
  // The errno of a failed read, 0 for none.
  int read_error() const { return read_error_; }

 private:
  DescriptorInput(int descriptor, bool owned, IoDeadline& deadline);
  int read(std::uint8_t* buffer, int size);
  std::int64_t seek(std::int64_t offset, int whence);
  bool wait_readable();
  void keep_to(const FileStretch& stretch);
  std::int64_t read_file(std::uint8_t* buffer, int size);

  int descriptor_;
  bool owned_;
  bool regular_ = false;
  std::int64_t begin_ = 0;     // of what is read of a file on a disk
  std::int64_t size_ = -1;     // of that
  std::int64_t position_ = 0;  // in that
  bool stretch_ = false;       // it ends before the file may
  int read_error_ = 0;
  IoDeadline& deadline_;
  UniqueOwnIo io_;
};

}  // namespace actionflow
