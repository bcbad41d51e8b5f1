// Post-operations that our convolutions apply to results still in registers.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/kernels/aligned_floats.h"
#include "models/kernels/elementwise/post.h"
#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

// Immutable.
class FusedPosts {
 public:
  static constexpr std::size_t kMost = 8;
  using List = std::array<Post, kMost>;

  // Whether they are among those above, and not too many.
  static bool can_take(const std::vector<PostOperation>& operations);

  // Requires can_take(). `padded`: channels of the output, a multiple of 16.
  FusedPosts(std::vector<PostOperation> operations, std::int64_t padded);

  int count() const { return static_cast<int>(operations_.size()); }
  // For the channels from `channel` on, which lie `offset` floats behind the output's begin.
  List at(const Arguments& arguments, std::int64_t offset, std::int64_t channel) const;

 private:
  std::vector<PostOperation> operations_;
  std::vector<std::pair<AlignedFloats, AlignedFloats>> affine_;  // scale and shift, one a post-operation
};

}  // namespace actionflow::kernels
