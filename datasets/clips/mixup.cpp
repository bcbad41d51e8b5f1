#include "datasets/clips/mixup.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "base/random.h"

namespace actionflow {

MixupDraw draw_mixup(double alpha, int clips, std::uint64_t seed, std::uint32_t epoch, std::int64_t step) {
  Random random(seed, "mixup", epoch, static_cast<std::uint64_t>(step));
  MixupDraw draw;
  draw.partner.resize(static_cast<std::size_t>(clips));
  std::iota(draw.partner.begin(), draw.partner.end(), 0);
  random.shuffle(std::span(draw.partner));
  for (int i = 0; i < clips; ++i) {
    const double share = random.beta(alpha, alpha);
    draw.lambda.push_back(static_cast<float>(std::max(share, 1 - share)));
  }
  return draw;
}

Tensor mix_targets(const MixupDraw& draw, const Tensor& targets) {
  Tensor mixed = targets;
  const auto classes = static_cast<std::size_t>(targets.size()) / draw.partner.size();
  for (std::size_t i = 0; i < draw.partner.size(); ++i) {
    const float* own = targets.data() + i * classes;
    const float* other = targets.data() + static_cast<std::size_t>(draw.partner[i]) * classes;
    for (std::size_t k = 0; k < classes; ++k)
      mixed.data()[i * classes + k] = draw.lambda[i] * own[k] + (1 - draw.lambda[i]) * other[k];
  }
  return mixed;
}

}  // namespace actionflow
