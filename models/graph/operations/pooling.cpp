#include <limits>

#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Pooling& pool, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = pool.kind == Pooling::Kind::max ? "max pooling" : "average pooling";
  traits.time = TimeWindow{pool.stride[0], pool.kernel[0], pool.pad_begin[0], pool.pad_end[0]};
  if (pool.kind == Pooling::Kind::max)
    traits.time->outside = -std::numeric_limits<float>::infinity();
  else if (!pool.count_padding)
    traits.time->outside.reset();
  traits.channelwise = true;
  traits.moves = pool.kind == Pooling::Kind::max;
  return traits;
}

}  // namespace actionflow
