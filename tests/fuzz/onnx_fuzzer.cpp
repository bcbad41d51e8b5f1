// Feeds bytes to the reader of ONNX files. What it accepts is read as a model file, as `convert` does.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "models/formats/onnx/onnx_network.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace actionflow;
  try {
    const OnnxNetwork network = parse_onnx({reinterpret_cast<const char*>(data), size}, "/nowhere/net.onnx");
    check_weights(parse_architecture(network.yaml, "net.onnx"), network.weights, "net.onnx");
  } catch (const ModelError&) {
  } catch (const config::ConfigError&) {
  }
  return 0;
}
