#include "models/kernels/depthwise/depthwise_loops.h"

#include "base/machine/processor.h"

namespace actionflow::kernels::depthwise {

const Loops& loops() {
  static const Loops& chosen = choose(generic_loops(), avx2_loops(), avx512_loops());
  return chosen;
}

}  // namespace actionflow::kernels::depthwise
