// The safetensors container: named tensors and a map of strings, without any meaning of its own.
//
// Layout: u64 little-endian length of the header; the header, a JSON object; the tensors' bytes,
// row-major and little-endian, at offsets relative to the header's end. One entry a tensor,
// {"dtype", "shape", "data_offsets": [begin, end]}, and "__metadata__", strings only.
//
// Reading is strict, as the format asks: the header is bounded and holds nothing else, no name
// stands twice, and the tensors cover the bytes without hole or overlap. Nothing is allocated that
// the file's size does not back. F32, F16, BF16, F64, BOOL, U8 and I8 to I64 are read, all into float32; F32
// is written.
//
// Files written here carry a checksum of all their bytes in the metadata (kChecksumKey); where a
// file has one it is verified. Throws ModelError naming the file and the place in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/formats/stored/stored_tensor.h"

namespace actionflow {

struct SafetensorsFile {
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;
};

inline constexpr std::string_view kChecksumKey = "actionflow.checksum";

// True when a file of `size` bytes that begins with `head` (its first 9 bytes or more) can be one.
bool looks_like_safetensors(std::string_view head, std::uint64_t size);

SafetensorsFile read_safetensors(const std::filesystem::path& file);
// The same from memory; `name` stands for the file in messages.
SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& name);

// The tensors where they lie in `bytes`, in the order of their bytes; no checksum is looked at.
struct SafetensorsView {
  std::map<std::string, std::string> metadata;
  std::vector<StoredTensor> tensors;
};
SafetensorsView view_safetensors(std::string_view bytes, const std::string& name);

// What is written; the tensors stay the caller's.
struct SafetensorsContent {
  std::map<std::string, std::string> metadata;
  std::map<std::string, const Tensor*> tensors;
};

// A kChecksumKey in the metadata is replaced. Throws ModelError for a tensor called "__metadata__".
using ByteSink = std::function<void(std::string_view bytes)>;
void write_safetensors(const SafetensorsContent& content, const ByteSink& sink);
// Replaces the file atomically: it holds the old content or the new, never a part.
void write_safetensors(const SafetensorsContent& content, const std::filesystem::path& file);

}  // namespace actionflow
