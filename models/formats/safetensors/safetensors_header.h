// The JSON header of a safetensors file, read strictly and written canonically (names in order).
// Used by safetensors.cpp only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/formats/stored/stored_tensor.h"

namespace actionflow::safetensors {

struct Entry {
  std::string name;
  std::string dtype;
  Shape shape;
  std::uint64_t begin = 0, end = 0;  // bytes, relative to the header's end
};

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<Entry> entries;  // in the order of their bytes, which they cover without hole or overlap
};

// Nothing for a type that is not read.
std::optional<ElementType> element_type(std::string_view dtype);

// `data_bytes`: what stands behind the header. Throws ModelError; `name` is the file's.
Header parse_header(std::string_view json, std::uint64_t data_bytes, const std::string& name);

std::string print_header(const Header& header);

}  // namespace actionflow::safetensors
