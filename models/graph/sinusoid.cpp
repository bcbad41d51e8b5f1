#include "models/graph/sinusoid.h"

#include <cmath>

namespace actionflow {

std::vector<float> sinusoid(const Extents& e) {
  std::vector<float> rows;
  rows.reserve(static_cast<std::size_t>(e.size()));
  for (std::int64_t position = 0; position < e.positions(); ++position)
    for (std::int64_t c = 0; c < e.c; ++c) {
      const double angle = static_cast<double>(position) /
                           std::pow(10000.0, static_cast<double>(c / 2 * 2) / static_cast<double>(e.c));
      rows.push_back(static_cast<float>(c % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  return rows;
}

}  // namespace actionflow
