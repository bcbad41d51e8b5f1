// How a batch is divided: into parts of the same number of clips (the last may have fewer), and the parts, in
// order, among the ranks. What is added up over parts is added up in one order, whoever has computed them:
// the tree over their numbers, 2k with 2k + 1, and so on. So a sum does not depend on the number of ranks.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace actionflow::training {

// A sum of the parts [first, first + size), size a power of two, as far as there are so many.
struct SumNode {
  int first = 0, size = 1;
  bool operator==(const SumNode&) const = default;
};

class BatchParts {
 public:
  BatchParts() = default;
  // Requires clips, part and ranks above 0.
  BatchParts(std::int64_t clips, std::int64_t part, int ranks);

  std::int64_t clips() const { return clips_; }
  int count() const { return count_; }
  int ranks() const { return ranks_; }
  // The parts [begin(rank), begin(rank + 1)); the first rank always has some.
  int begin(int rank) const;
  int count_of(int rank) const { return begin(rank + 1) - begin(rank); }
  // The clips [first_clip(part), first_clip(part + 1)).
  std::int64_t first_clip(int part) const;
  std::int64_t clips_of(int part) const { return first_clip(part + 1) - first_clip(part); }
  std::int64_t clips_of_rank(int rank) const { return first_clip(begin(rank + 1)) - first_clip(begin(rank)); }
  bool has(int rank, std::int64_t clip) const {
    return clip >= first_clip(begin(rank)) && clip < first_clip(begin(rank + 1));
  }

  SumNode root() const;
  // The largest sums that a rank can make of its own parts.
  std::vector<SumNode> nodes_of(int rank) const;

 private:
  std::int64_t clips_ = 1, part_ = 1;
  int count_ = 1, ranks_ = 1;
};

// Whether there is something to be added up over parts or ranks.
inline bool is_divided(const BatchParts& parts) { return parts.count() > 1 || parts.ranks() > 1; }

// to[0, size) = the node's sum. `leaf` gives what stands for a node already, or null; every part is below
// one.
using SumLeaf = std::function<const float*(const SumNode&)>;
void add_up(const BatchParts& parts, const SumNode& node, const SumLeaf& leaf, std::int64_t size, float* to);

}  // namespace actionflow::training
