// What of the machine this process may use: of containers and services (Linux control groups), and of
// affinity.
//
// A program that counts the machine's processors and memory in a container of two processors and 2 GiB starts
// 64 threads and is killed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace actionflow {

struct ControlGroupLimits {
  std::optional<double> processors;     // quota ÷ period
  std::optional<std::uint64_t> memory;  // bytes
};

// The narrowest limits of the process' control group and of those above it, of version 1
// (kernel.org: cgroup-v1/memory, scheduler/sched-bwc) and 2 (cgroup-v2). `groups` is /proc/self/cgroup. What
// cannot be read limits nothing.
ControlGroupLimits control_group_limits(const std::filesystem::path& groups = "/proc/self/cgroup",
                                        const std::filesystem::path& root = "/sys/fs/cgroup");

// Processors that threads can run on at the same time, at least 1; a share of one counts as one.
int usable_processors();
// Bytes.
std::uint64_t usable_memory();
// What is left of it beside what this process holds, files that it has mapped apart.
std::uint64_t free_memory();

}  // namespace actionflow
