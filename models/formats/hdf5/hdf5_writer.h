// What the writing child process does (see hdf5_child.h): tensors and names into an HDF5 file. Nothing else
// may call it.
#pragma once

#include <filesystem>

#include "models/formats/safetensors/safetensors.h"

namespace actionflow {

// Tensors become float32 datasets by their names, which are paths; the metadata "GROUP name" becomes the
// attribute `name` of that group. The same content gives the same bytes. Throws Error.
void write_hdf5_here(const SafetensorsFile& content, const std::filesystem::path& file);

}  // namespace actionflow
