// Feeds bytes to what reads Keras' files beside the HDF5 library: an archive, the network's description, or
// the answer of the process that read the weights. What is accepted is read on, as `convert` does.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "models/description/architecture.h"
#include "models/formats/hdf5/hdf5_answer.h"
#include "models/formats/keras/keras_config.h"
#include "models/formats/keras/keras_hdf5.h"
#include "models/formats/zip/zip_directory.h"

namespace {

using namespace actionflow;

Architecture described(const std::string& config, const std::string& version) {
  return parse_architecture(describe_keras(config, version, "net.keras").yaml, "net.keras");
}

void read(std::string_view bytes) {
  if (bytes.starts_with("PK")) {
    for (const auto& [name, content] : zip_entries(bytes, "net.keras"))
      if (name == "config.json") described(std::string(content), "3.0.0");
  } else if (bytes.starts_with("{")) {
    described(std::string(bytes), "2.15.0");
  } else {
    KerasFile file = read_hdf5_answer(bytes, "net.keras");
    const Architecture architecture = described(file.model_config, file.keras_version);
    check_weights(architecture, weights_from_keras(std::move(file), architecture, "net.keras"), "net.keras");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    read({reinterpret_cast<const char*>(data), size});
  } catch (const ModelError&) {
  } catch (const config::ConfigError&) {
  }
  return 0;
}
