// What a process holds: threads and descriptors counted, resident memory in KiB.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace actionflow::testing {

struct ProcessHoldings {
  std::size_t threads = 0, descriptors = 0;
  long resident_kib = 0;
};

inline ProcessHoldings process_holdings(pid_t pid = getpid()) {
  const std::filesystem::path proc = std::filesystem::path("/proc") / std::to_string(pid);
  ProcessHoldings held;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(proc / "task"))
    ++held.threads;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(proc / "fd"))
    ++held.descriptors;
  std::ifstream status(proc / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) std::istringstream(line.substr(6)) >> held.resident_kib;
  }
  return held;
}

}  // namespace actionflow::testing
