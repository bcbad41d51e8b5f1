#include "models/kernels/integers/integer_loops.h"

#include "base/machine/processor.h"

namespace actionflow::kernels::integers {

const Loops& loops() {
  static const Loops& chosen = choose(generic_loops(), avx2_loops(), avx512_loops());
  return chosen;
}

}  // namespace actionflow::kernels::integers
