#include "models/kernels/integers/integer_loops.h"

#include "base/machine/processor.h"

namespace actionflow::kernels::integers {
namespace {

const Loops& best() {
  if (has_vex_vnni()) return *vex_vnni_loops();
  if (has_evex_vnni()) return *evex_vnni_loops();
  return choose(generic_loops(), avx2_loops(), avx512_loops());
}

}  // namespace

const Loops& loops() {
  static const Loops& chosen = best();
  return chosen;
}

}  // namespace actionflow::kernels::integers
