// What the child process does: walks a Keras HDF5 file with the HDF5 library. Nothing else may call
// it, since the library crashes and hangs on damaged files (see hdf5_child.h).
//
// Only the named file is opened: external links, external storage and virtual datasets are refused.
#pragma once

#include <filesystem>

#include "models/formats/hdf5/hdf5_child.h"

namespace actionflow {

// `most_bytes`: of all tensors in float32; of more none is read. Throws ModelError; its message does not name
// the file.
KerasFile read_keras_file_here(const std::filesystem::path& file, std::uint64_t most_bytes);

}  // namespace actionflow
