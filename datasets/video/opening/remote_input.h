// A file on a server as FFmpeg reads it: by ranges, so that it can be sought in, with retries (base/remote).
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "base/remote/remote_file.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/opening/io_deadline.h"

namespace actionflow {

class RemoteInput {
 public:
  // nullptr where the server gives no ranges, as cameras do: then FFmpeg has to read it as it comes. A server
  // may be silent for `silence` seconds. Throws SourceError. `deadline`, whose stops end each wait, must
  // outlive it.
  static std::unique_ptr<RemoteInput> open(const std::string& name, double silence, IoDeadline& deadline);
  RemoteInput(const RemoteInput&) = delete;
  RemoteInput& operator=(const RemoteInput&) = delete;

  AVIOContext* io() { return io_.get(); }
  // Whether a read failed; then what it threw is thrown anew.
  bool failed() const { return failure_ != nullptr; }
  [[noreturn]] void throw_failure() const { std::rethrow_exception(failure_); }

 private:
  RemoteInput(RemoteFile file, std::uint64_t begin, std::uint64_t size);
  int read(std::uint8_t* bytes, int size);
  std::int64_t seek(std::int64_t offset, int whence);

  RemoteFile file_;
  std::uint64_t begin_, size_;  // of what is read of the file
  std::uint64_t position_ = 0;  // from there
  std::exception_ptr failure_;
  UniqueOwnIo io_;
};

}  // namespace actionflow
