#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const TimeShift& shift, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "time shift";
  traits.moves = true;
  const int extent = 1 + static_cast<int>(shift.next > 0) + static_cast<int>(shift.previous > 0);
  traits.time = TimeWindow{1, extent, shift.pad_begin, shift.pad_end};
  traits.channelwise = true;
  return traits;
}

}  // namespace actionflow
