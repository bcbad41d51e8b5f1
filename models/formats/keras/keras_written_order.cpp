#include "models/formats/keras/keras_written_order.h"

#include <algorithm>

namespace actionflow::keras {

std::vector<std::size_t> layer_order(const std::vector<std::vector<std::size_t>>& inputs,
                                     std::size_t output) {
  std::vector<std::size_t> order;
  std::vector<bool> seen(inputs.size(), false);
  std::vector<std::size_t> open{output};
  while (!open.empty()) {
    const std::size_t layer = open.back();
    open.pop_back();
    if (seen[layer]) continue;
    seen[layer] = true;
    order.push_back(layer);
    open.insert(open.end(), inputs[layer].rbegin(), inputs[layer].rend());
  }
  std::vector<std::size_t> distance(inputs.size(), 0);
  for (std::size_t layer = inputs.size(); layer-- > 0;)
    if (seen[layer])
      for (const std::size_t input : inputs[layer])
        distance[input] = std::max(distance[input], distance[layer] + 1);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return distance[a] > distance[b]; });
  return order;
}

}  // namespace actionflow::keras
