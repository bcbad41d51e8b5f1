#include "models/kernels/simd/map_vectors.h"

#include "base/processor.h"

namespace actionflow::training {
namespace {

const MapVectors& choose_map_vectors() {
  if (has_avx512()) return *avx512_map_vectors();
  if (has_avx2()) return *avx2_map_vectors();
  return *generic_map_vectors();
}

}  // namespace

const MapVectors& map_vectors() {
  static const MapVectors& chosen = choose_map_vectors();
  return chosen;
}

}  // namespace actionflow::training
