// Feeds bytes to the reader of ONNX files.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/onnx_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  actionflow::testing::reads_onnx({reinterpret_cast<const char*>(data), size});
  return 0;
}
