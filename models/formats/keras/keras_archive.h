// Keras' .keras files: a zip of config.json, the network; metadata.json, the Keras that wrote it; and
// model.weights.h5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "models/formats/hdf5/hdf5_child.h"

namespace actionflow {

// Whether the bytes are an archive that holds a network of Keras'.
bool is_keras_archive(std::string_view bytes);

// One archive, whose weights lie in a file of their own in the folder for temporary files while it lives.
class KerasArchive {
 public:
  // Throws ModelError: no archive, damaged, or of something else.
  explicit KerasArchive(const std::filesystem::path& file);
  ~KerasArchive();

  // As read_keras_file(), with description and version; messages name the archive.
  KerasFile read() const;
  KerasFile read(std::uint64_t network_bytes) const;

 private:
  struct Weights;
  template <class Read>
  KerasFile read_with(Read read_weights) const;

  std::string name_, config_, version_;
  std::unique_ptr<const Weights> weights_;
};

}  // namespace actionflow
