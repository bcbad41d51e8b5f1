// Bytes as an ONNX file. What is accepted is read as a model file, as `convert` does.
#pragma once

#include <string_view>

#include "base/error.h"
#include "models/formats/onnx/onnx_network.h"

namespace actionflow::testing {

// Whether it was accepted.
inline bool reads_onnx(std::string_view bytes) {
  try {
    const OnnxNetwork network = parse_onnx(bytes, "/nowhere/net.onnx");
    check_weights(parse_architecture(network.yaml, "net.onnx"), network.weights, "net.onnx");
    return true;
  } catch (const ModelError&) {
  } catch (const config::ConfigError&) {
  }
  return false;
}

}  // namespace actionflow::testing
