#include "models/kernels/simd/map_vectors.h"

#include "base/machine/processor.h"

namespace actionflow::training {
const MapVectors& map_vectors() {
  static const MapVectors& chosen = choose(generic_map_vectors(), avx2_map_vectors(), avx512_map_vectors());
  return chosen;
}

}  // namespace actionflow::training
