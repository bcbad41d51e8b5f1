#include "models/kernels/winograd/winograd_loops.h"

#include "base/machine/processor.h"

namespace actionflow::kernels::winograd {

const Loops& loops() {
  static const Loops& chosen = choose<Loops>(nullptr, avx2_loops(), avx512_loops());
  return chosen;
}

}  // namespace actionflow::kernels::winograd
