// What `inspect` shows of a network without running it.
#pragma once

#include <string>

#include "models/description/architecture.h"

namespace actionflow {

// A table: name, kind, result, parameters and multiply-accumulates of each layer, with their share, then the
// totals with the memory of weights and of the largest moment's activations, in f32.
std::string layer_table(const Architecture& architecture);

// One JSON object: {"name", "input": {"channels", "frames", "height", "width"}, "classes",
// "parameters", "trainable_parameters", "macs", "layers": [{"name", "type", "output_shape",
// "parameters", "macs"}]}; of a network for streams also "streams": true and "macs_per_second".
std::string layers_json(const Architecture& architecture);

// Of a network for streams whose state is carried along: every sample computed once.
std::int64_t macs_a_second(const Architecture& architecture);

// Bytes of f32 that one clip needs at once when each value is kept from its making to its last reading.
std::int64_t activation_bytes(const Graph& graph);

}  // namespace actionflow
