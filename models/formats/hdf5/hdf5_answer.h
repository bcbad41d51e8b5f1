// What the process that reads an HDF5 file tells the program that started it: a KerasFile as safetensors. The
// file may have made that process say anything, so its answer is read as any stranger's bytes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "models/formats/hdf5/hdf5_child.h"

namespace actionflow {

void write_hdf5_answer(const KerasFile& content, const std::function<void(std::string_view)>& write);

// Throws ModelError, whose message begins with `file`.
KerasFile read_hdf5_answer(std::string_view bytes, const std::string& file);

}  // namespace actionflow
