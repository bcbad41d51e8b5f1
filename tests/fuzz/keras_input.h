// Bytes as what of Keras' files is read beside the HDF5 library: an archive, the network's description, or
// the answer of the process that read the weights. What is accepted is read on, as `convert` does.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "models/description/architecture.h"
#include "models/formats/hdf5/hdf5_answer.h"
#include "models/formats/keras/keras_config.h"
#include "models/formats/keras/keras_hdf5.h"
#include "models/formats/zip/zip_directory.h"

namespace actionflow::testing {

inline Architecture described_by_keras(const std::string& config, const std::string& version) {
  return parse_architecture(describe_keras(config, version, "net.keras").yaml, "net.keras");
}

// Whether it was accepted.
inline bool reads_keras(std::string_view bytes) {
  try {
    if (bytes.starts_with("PK")) {
      for (const auto& [name, content] : zip_entries(bytes, "net.keras"))
        if (name == "config.json") described_by_keras(std::string(content), "3.0.0");
    } else if (bytes.starts_with("{")) {
      described_by_keras(std::string(bytes), "2.15.0");
    } else {
      KerasFile file = read_hdf5_answer(bytes, "net.keras");
      const Architecture architecture = described_by_keras(file.model_config, file.keras_version);
      check_weights(architecture, weights_from_keras(std::move(file), architecture, "net.keras"),
                    "net.keras");
    }
    return true;
  } catch (const ModelError&) {
  } catch (const config::ConfigError&) {
  }
  return false;
}

}  // namespace actionflow::testing
