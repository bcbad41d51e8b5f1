// Networks as Keras 3 writes them: .keras archives, and .weights.h5 for a network that the reader builds by
// itself.
#pragma once

#include <filesystem>
#include <string>

#include "models/formats/hdf5/hdf5_child.h"
#include "models/weights/model.h"

namespace actionflow {

struct KerasNetwork {
  std::string config;  // config.json: a functional model on (batch, T, H, W, C)
  Hdf5Content weights;
};

// Throws ModelError that names the layer and why Keras has none that computes the same: padding that is
// neither `valid` nor `same` of a pooling over largest values, a shift in time, …
KerasNetwork keras_network_of(const Model& model);

// Replaces the file atomically.
void write_keras_archive(const Model& model, const std::filesystem::path& file);
void write_keras_weights(const Model& model, const std::filesystem::path& file);

}  // namespace actionflow
