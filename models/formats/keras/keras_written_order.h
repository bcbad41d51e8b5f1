// In which order Keras counts the layers of a functional model. Used by keras_network_writer.cpp.
#pragma once

#include <cstddef>
#include <vector>

namespace actionflow::keras {

// Those that the output needs, by their distance from it, the farthest first, and then as a search from the
// output through each layer's inputs comes to them. inputs[i]: what layer i reads, which stands before it.
std::vector<std::size_t> layer_order(const std::vector<std::vector<std::size_t>>& inputs, std::size_t output);

}  // namespace actionflow::keras
