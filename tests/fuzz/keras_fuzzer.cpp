// Feeds bytes to what reads Keras' files beside the HDF5 library.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/keras_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  actionflow::testing::reads_keras({reinterpret_cast<const char*>(data), size});
  return 0;
}
