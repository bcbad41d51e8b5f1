#include "models/plan/memory.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "base/error.h"
#include "base/machine/machine_limits.h"

namespace actionflow {
namespace {

constexpr std::size_t kAlignment = 64;

bool meet(const Buffer& a, const Buffer& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Largest first, each at the lowest place that is free for as long as it lives.
std::size_t place_buffers(std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::size_t total = 0;
  std::vector<const Buffer*> placed;  // by offset
  for (const std::size_t index : order) {
    Buffer& buffer = buffers[index];
    if (buffer.bytes > std::numeric_limits<std::size_t>::max() / 4)
      throw std::length_error("arena too large");
    const std::size_t bytes = aligned(buffer.bytes);
    std::size_t offset = 0;
    for (const Buffer* other : placed) {
      if (!meet(buffer, *other)) continue;
      if (offset + bytes <= other->offset) break;
      offset = std::max(offset, aligned(other->offset + other->bytes));
    }
    buffer.offset = offset;
    if (offset > std::numeric_limits<std::size_t>::max() / 4) throw std::length_error("arena too large");
    total = std::max(total, offset + bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &buffer,
                                   [](const Buffer* a, const Buffer* b) { return a->offset < b->offset; }),
                  &buffer);
  }
  return total;
}

Memory allocate(std::size_t bytes, const std::string& network) {
  const std::size_t rounded = aligned(bytes) + kAlignment;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded));
  if (memory == nullptr)
    throw ModelError(network + ": its activations need " + in_mebibytes(bytes) +
                     ", which this machine refuses");
  std::fill_n(memory, rounded, std::byte{0});
  return Memory(memory);
}

void check_memory(const std::string& who, std::size_t bytes) {
  const std::uint64_t free = free_memory();
  if (bytes > free)
    throw ModelError(who + " " + in_mebibytes(bytes) + " of memory, " + in_mebibytes(free) + " of " +
                     in_mebibytes(usable_memory()) + " are free");
}

std::string in_mebibytes(std::size_t bytes) { return std::to_string((bytes >> 20U) + 1) + " MiB"; }

}  // namespace actionflow
