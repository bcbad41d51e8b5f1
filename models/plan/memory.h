// One arena for all values of a plan: buffers whose lives do not meet share its bytes.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace actionflow {

struct Buffer {
  std::size_t bytes = 0;
  int first = 0, last = 0;  // steps between which it holds something, both included
  std::size_t offset = 0;   // filled by place_buffers, a multiple of 64
};

// The next multiple of the alignment at which buffers stand.
std::size_t aligned(std::size_t bytes);

// Returns the arena's size. Throws std::length_error where sizes overflow.
std::size_t place_buffers(std::vector<Buffer>& buffers);

struct FreeMemory {
  void operator()(std::byte* p) const noexcept { std::free(p); }
};
using Memory = std::unique_ptr<std::byte[], FreeMemory>;

// Zeroed, so that what no kernel writes is finite; 64-byte aligned. Throws ModelError where the machine
// refuses.
Memory allocate(std::size_t bytes, const std::string& network);

// Throws ModelError where `bytes` are more than this process may take beside what it holds
// (base/machine/machine_limits.h); `who` needs them: "r3d_18: its activations need".
void check_memory(const std::string& who, std::size_t bytes);

// "25 MiB"
std::string in_mebibytes(std::size_t bytes);

}  // namespace actionflow
