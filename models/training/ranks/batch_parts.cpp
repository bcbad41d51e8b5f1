#include "models/training/ranks/batch_parts.h"

#include <algorithm>
#include <bit>

#include "models/kernels/parallel.h"

namespace actionflow::training {

BatchParts::BatchParts(std::int64_t clips, std::int64_t part, int ranks)
    : clips_(clips), part_(part), count_(static_cast<int>((clips + part - 1) / part)), ranks_(ranks) {}

int BatchParts::begin(int rank) const {
  const std::int64_t parts = count_;
  return static_cast<int>((rank * parts + ranks_ - 1) / ranks_);
}

std::int64_t BatchParts::first_clip(int part) const { return std::min(clips_, part * part_); }

SumNode BatchParts::root() const {
  return {0, static_cast<int>(std::bit_ceil(static_cast<unsigned>(count_)))};
}

namespace {

void find_nodes(const SumNode& node, int begin, int end, int count, std::vector<SumNode>& found) {
  const int node_end = std::min(node.first + node.size, count);
  if (node.first >= end || node_end <= begin) return;
  if (node.first >= begin && node_end <= end) {
    found.push_back(node);
    return;
  }
  const int half = node.size / 2;
  find_nodes({node.first, half}, begin, end, count, found);
  find_nodes({node.first + half, half}, begin, end, count, found);
}

constexpr std::int64_t kChunk = 4096;  // floats that stay near while a tree is added up

// A stretch of a node's sum.
class Adder {
 public:
  Adder(const BatchParts& parts, const SumLeaf& leaf, std::int64_t at, std::int64_t size)
      : parts_(parts), leaf_(leaf), at_(at), size_(size) {}

  void run(const SumNode& node, float* to) {
    if (const float* there = leaf_(node)) {
      std::copy_n(there + at_, size_, to);
      return;
    }
    const SumNode left{node.first, node.size / 2}, right{node.first + left.size, left.size};
    run(left, to);
    if (right.first >= parts_.count()) return;
    if (const float* there = leaf_(right)) {
      add(there + at_, to);
      return;
    }
    std::vector<float> memory(static_cast<std::size_t>(size_));
    run(right, memory.data());
    add(memory.data(), to);
  }

 private:
  void add(const float* from, float* to) const {
    for (std::int64_t i = 0; i < size_; ++i) to[i] += from[i];
  }

  const BatchParts& parts_;
  const SumLeaf& leaf_;
  std::int64_t at_, size_;
};

}  // namespace

std::vector<SumNode> BatchParts::nodes_of(int rank) const {
  std::vector<SumNode> found;
  find_nodes(root(), begin(rank), begin(rank + 1), count_, found);
  return found;
}

void add_up(const BatchParts& parts, const SumNode& node, const SumLeaf& leaf, std::int64_t size, float* to) {
  kernels::parallel_for((size + kChunk - 1) / kChunk, size, [&](std::int64_t chunk) {
    const std::int64_t at = chunk * kChunk;
    Adder(parts, leaf, at, std::min(kChunk, size - at)).run(node, to + at);
  });
}

}  // namespace actionflow::training
