// Files of this process that cannot grow beyond a size, as on a full disk.
#pragma once

#include <signal.h>
#include <sys/resource.h>

namespace actionflow::testing {

class FullDisk {
 public:
  explicit FullDisk(rlim_t most_bytes = 1) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{most_bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

}  // namespace actionflow::testing
