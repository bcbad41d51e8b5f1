#include "models/training/loss/mixing.h"

#include <algorithm>
#include <stdexcept>

#include "models/kernels/elementwise/gradient_sum.h"

namespace actionflow {
namespace {

bool fits(const Mixing& mixing, std::size_t clips) {
  return mixing.partner.size() == clips && mixing.lambda.size() == clips &&
         std::all_of(mixing.partner.begin(), mixing.partner.end(),
                     [&](int partner) { return partner >= 0 && static_cast<std::size_t>(partner) < clips; });
}

}  // namespace

void normalise_mixed(std::span<const std::uint8_t* const> frames, const kernels::Normalisation& normalisation,
                     const Mixing& mixing, std::int64_t first, const kernels::Layout& layout, void* out) {
  const auto in_clip = static_cast<std::size_t>(layout.extents.t), begin = static_cast<std::size_t>(first),
             clips = static_cast<std::size_t>(layout.batch);
  if (!fits(mixing, frames.size() / in_clip) || begin + clips > mixing.partner.size())
    throw std::invalid_argument("mixing needs a partner and a share for each clip of the batch");
  std::vector<const std::uint8_t*> partners;
  for (std::size_t i = begin; i < begin + clips; ++i) {
    const auto other = frames.subspan(static_cast<std::size_t>(mixing.partner[i]) * in_clip, in_clip);
    partners.insert(partners.end(), other.begin(), other.end());
  }
  kernels::Layout wide = layout;
  wide.type = kernels::ElementType::f32;
  std::vector<float> own(static_cast<std::size_t>(wide.elements())), other(own.size());
  kernels::normalise_frames(frames.subspan(begin * in_clip, clips * in_clip), normalisation, wide,
                            own.data());
  kernels::normalise_frames(partners, normalisation, wide, other.data());
  const std::size_t each = own.size() / clips;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const float share = mixing.lambda[begin + i / each], rest = 1 - share;
    own[i] = share * own[i] + rest * other[i];
  }
  training::convert(wide, own.data(), layout.type, out);
}

}  // namespace actionflow
