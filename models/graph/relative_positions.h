// How far a query and a key lie apart, where attention has a bias by distance along each axis.
#pragma once

#include <algorithm>
#include <cstdint>

namespace actionflow {

// Of Attention::Bias::decomposed: the vector of an axis' parameter for a query and a key at these
// coordinates of maps of these extents.
inline std::int64_t decomposed_row(int query, int key, int query_extent, int key_extent) {
  const float query_ratio = std::max(static_cast<float>(key_extent) / static_cast<float>(query_extent), 1.0F);
  const float key_ratio = std::max(static_cast<float>(query_extent) / static_cast<float>(key_extent), 1.0F);
  return static_cast<std::int64_t>(static_cast<float>(query) * query_ratio -
                                   static_cast<float>(key - (key_extent - 1)) * key_ratio);
}

}  // namespace actionflow
