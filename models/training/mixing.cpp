#include "models/training/mixing.h"

#include <algorithm>
#include <stdexcept>

#include "models/kernels/elementwise/gradient_sum.h"

namespace actionflow {
namespace {

bool fits(const Mixing& mixing, std::int64_t clips) {
  const auto count = static_cast<std::size_t>(clips);
  return mixing.partner.size() == count && mixing.lambda.size() == count &&
         std::all_of(mixing.partner.begin(), mixing.partner.end(),
                     [&](int partner) { return partner >= 0 && partner < clips; });
}

// Clips of floats, `each` elements apart, blended with their partners.
void blend(const std::vector<float>& clips, const Mixing& mixing, std::int64_t each,
           std::vector<float>& out) {
  for (std::size_t i = 0; i < mixing.partner.size(); ++i) {
    const float* own = clips.data() + static_cast<std::int64_t>(i) * each;
    const float* other = clips.data() + mixing.partner[i] * each;
    float* to = out.data() + static_cast<std::int64_t>(i) * each;
    const float share = mixing.lambda[i], rest = 1 - share;
    for (std::int64_t k = 0; k < each; ++k) to[k] = share * own[k] + rest * other[k];
  }
}

}  // namespace

void normalise_mixed(std::span<const std::uint8_t* const> frames, const kernels::Normalisation& normalisation,
                     const Mixing& mixing, const kernels::Layout& layout, void* out) {
  if (!fits(mixing, layout.batch))
    throw std::invalid_argument("mixing needs a partner and a share for each clip of the batch");
  kernels::Layout wide = layout;
  wide.type = kernels::ElementType::f32;
  std::vector<float> plain(static_cast<std::size_t>(wide.elements())), mixed(plain.size());
  kernels::normalise_frames(frames, normalisation, wide, plain.data());
  blend(plain, mixing, wide.elements() / wide.batch, mixed);
  training::convert(wide, mixed.data(), layout.type, out);
}

}  // namespace actionflow
