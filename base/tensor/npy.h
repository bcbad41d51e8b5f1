// NumPy's .npy files: one tensor a file.
//
// Read: versions 1.0 to 3.0; float16, float32, float64, signed and unsigned integers of 8 to 64 bits
// and bool, either byte order, C or Fortran order; all become float32 in C order. Never allocates more
// than the file's size calls for: a header that promises more than the file holds is refused, as is
// one with trailing bytes. Written: version 1.0, little-endian float32, C order.
//
// Throws ModelError that names the file and what is wrong with it; writing replaces atomically
// (base/files/atomic_file.h) and throws its Error.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/tensor/tensor.h"

namespace actionflow {

Tensor read_npy(const std::filesystem::path& path);
// From memory; `name` stands for the file in messages.
Tensor parse_npy(std::span<const unsigned char> bytes, const std::string& name);

void write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace actionflow
