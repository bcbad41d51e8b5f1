// Feeds bytes to both readers of safetensors; what one accepts the other must, with the same values.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "models/formats/safetensors/safetensors.h"

namespace {

using namespace actionflow;

bool same(const SafetensorsFile& file, const SafetensorsView& view) {
  if (file.tensors.size() != view.tensors.size()) return false;
  for (const StoredTensor& stored : view.tensors) {
    const Tensor& tensor = file.tensors.at(stored.name);
    const Tensor values = read_values(stored);
    if (values.shape() != tensor.shape()) return false;
    if (!values.empty() && std::memcmp(values.data(), tensor.data(), values.values().size_bytes()) != 0)
      return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const SafetensorsView view = view_safetensors(bytes, "input");
    if (view.metadata.contains(std::string(kChecksumKey))) return 0;
    if (!same(parse_safetensors(bytes, "input"), view)) std::abort();
  } catch (const ModelError&) {
  }
  return 0;
}
