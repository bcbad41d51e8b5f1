// A file system that fails, for tests of what is to stand afterwards.
#pragma once

#include <signal.h>

#include <algorithm>
#include <string>

#include "base/files/atomic_file.h"

namespace actionflow::testing {

// The system's calls, of which the n-th fails, or before which the process is killed.
class FailingFiles final : public FileSystem {
 public:
  static constexpr int kKilled = -1;  // for an error

  FailingFiles(int fail_at, int error) : fail_at_(fail_at), error_(error) {}
  int calls() const { return calls_; }
  bool failed_after_rename() const { return failed_after_rename_; }

  int create(const std::string& path, const std::string& like) override {
    return fails() ? -error_ : real_.create(path, like);
  }
  std::ptrdiff_t write(int descriptor, const void* data, std::size_t bytes) override {
    if (fails()) return -error_;
    return real_.write(descriptor, data, std::min<std::size_t>(bytes, 1000));  // short, as a write may be
  }
  int sync(int descriptor) override { return fails() ? -error_ : real_.sync(descriptor); }
  int close(int descriptor) override {
    const int closed = real_.close(descriptor);
    return fails() ? -error_ : closed;
  }
  int rename(const std::string& from, const std::string& to) override {
    if (fails()) return -error_;
    renamed_ = true;
    return real_.rename(from, to);
  }
  int remove(const std::string& path) override { return real_.remove(path); }
  int open_folder(const std::string& path) override { return fails() ? -error_ : real_.open_folder(path); }

 private:
  bool fails() {
    if (calls_++ != fail_at_) return false;
    if (error_ == kKilled) ::raise(SIGKILL);
    failed_after_rename_ = renamed_;
    return true;
  }
  FileSystem& real_ = FileSystem::system();
  int fail_at_;
  int error_;
  int calls_ = 0;
  bool renamed_ = false;
  bool failed_after_rename_ = false;
};

}  // namespace actionflow::testing
