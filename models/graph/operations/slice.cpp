#include "models/graph/operations/operation_traits.h"

namespace actionflow {
namespace {

// Whether the steps lie in one stretch of a clip's memory, and behind how many positions.
bool in_one_stretch(const Slice& slice, const Extents& in) {
  switch (slice.axis) {
    case ValueAxis::t:
      return true;
    case ValueAxis::h:
      return in.t == 1;
    case ValueAxis::w:
      return in.t == 1 && in.h == 1;
    case ValueAxis::c:
      return false;
  }
  return false;
}

std::int64_t positions_of_step(ValueAxis axis, const Extents& in) {
  return axis == ValueAxis::t ? in.h * in.w : axis == ValueAxis::h ? in.w : 1;
}

}  // namespace

Traits traits_of(const Slice& slice, const Graph& graph, const GraphNode& node) {
  const Extents& in = graph.extents(node.inputs.at(0));
  Traits traits;
  traits.name = "slice";
  traits.moves = true;
  if (slice.axis == ValueAxis::t && in.t != 1) traits.time.reset();
  traits.channelwise = slice.axis != ValueAxis::c;
  if (!in_one_stretch(slice, in)) return traits;
  traits.view = View::part;
  traits.first = slice.begin * positions_of_step(slice.axis, in);
  return traits;
}

}  // namespace actionflow
