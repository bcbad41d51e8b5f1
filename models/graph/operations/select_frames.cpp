#include <algorithm>

#include "models/graph/operations/operation_traits.h"

namespace actionflow {
namespace {

// The distance of samples that begin with the first and are as many as fit; 0 where they are others.
int even_stride(const std::vector<int>& frames, std::int64_t steps) {
  const auto count = static_cast<std::int64_t>(frames.size());
  const int stride = count > 1 ? frames[1] - frames[0] : static_cast<int>(steps);
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (frames[i] != static_cast<int>(i) * stride) return 0;
  return (steps - 1) / stride + 1 == count ? stride : 0;
}

}  // namespace

Traits traits_of(const SelectFrames& select, const Graph& graph, const GraphNode& node) {
  const std::int64_t steps = graph.extents(node.inputs.at(0)).t;
  Traits traits;
  traits.name = "select frames";
  traits.moves = true;
  const int stride = even_stride(select.frames, steps);
  if (stride == 0 || (select.frames.size() == 1 && steps > 1))
    traits.time.reset();
  else
    traits.time->stride = stride;
  traits.channelwise = true;
  if (select.frames.size() == 1) {
    const Extents& in = graph.extents(node.inputs.at(0));
    traits.view = View::part;
    traits.first = select.frames.front() * in.h * in.w;
  }
  return traits;
}

}  // namespace actionflow
