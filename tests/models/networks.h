// Small model files for tests of networks.
#pragma once

#include <string>

#include "models/description/architecture.h"
#include "tests/test_data.h"

namespace actionflow::testing {

// Layers, one a line as "  - …", on a clip of 3×6×8×8; the first stands on line 4. `more` follows.
inline std::string network_text(const std::string& layers, const std::string& more = {}) {
  return "name: net\ninput: {channels: 3, frames: 6, frame_rate: 10, height: 8, width: 8}\nlayers:\n" +
         layers + more;
}

inline Architecture network(const std::string& layers, const std::string& more = {}) {
  return parse_architecture(network_text(layers, more), "net.yaml");
}

inline Architecture shipped_network(const std::string& name) {
  return load_architecture(project_root() / "configs/models" / (name + ".yaml"));
}

// What reading the text says; empty when it is fine.
inline std::string errors_in(const std::string& text) {
  try {
    parse_architecture(text, "net.yaml");
  } catch (const config::ConfigError& error) {
    return error.what();
  }
  return {};
}

inline std::string errors_of(const std::string& layers, const std::string& more = {}) {
  return errors_in(network_text(layers, more));
}

inline Extents result_of(const Architecture& network) { return network.graph.extents(network.graph.output); }
inline Extents result_of(const std::string& layers) { return result_of(network(layers)); }

template <class Op>
const Op& operation(const Architecture& network, std::size_t node) {
  return std::get<Op>(network.graph.nodes.at(node).operation);
}

}  // namespace actionflow::testing
