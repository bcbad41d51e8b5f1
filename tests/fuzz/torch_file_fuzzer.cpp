// Feeds bytes to the reader of PyTorch's files. What it accepts is read whole, so that a view that leaves the
// file is seen by the sanitizer.
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "models/formats/torch/torch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace actionflow;
  try {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const StoredTensor& tensor : torch::read_state_dict(bytes, "input")) {
      if (element_count(tensor.shape) <= 1 << 16) read_values(tensor);
    }
  } catch (const ModelError&) {
  }
  return 0;
}
