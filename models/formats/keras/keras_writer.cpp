#include "models/formats/keras/keras_writer.h"

#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "base/text/json_text.h"
#include "models/formats/keras/keras_network_writer.h"
#include "models/formats/zip/zip_writer.h"

namespace actionflow {
namespace {

constexpr const char* kVersion = "3.0.0";

}  // namespace

KerasNetwork keras_network_of(const Model& model) { return keras::NetworkWriter(model).run(); }

void write_keras_archive(const Model& model, const std::filesystem::path& file) {
  const KerasNetwork network = keras_network_of(model);
  const std::string metadata =
      json_text(nlohmann::ordered_json({{"keras_version", kVersion}, {"date_saved", ""}}));
  const std::string weights = hdf5_file(network.weights);
  write_zip({{"metadata.json", metadata}, {"config.json", network.config}, {"model.weights.h5", weights}},
            file);
}

void write_keras_weights(const Model& model, const std::filesystem::path& file) {
  const std::string bytes = hdf5_file(keras_network_of(model).weights);
  replace_file(file, bytes);
}

}  // namespace actionflow
