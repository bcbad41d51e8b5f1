#include "models/formats/safetensors/safetensors.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "models/formats/safetensors/safetensors_header.h"

namespace actionflow {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // the format's own bound
constexpr std::size_t kChunkBytes = 1 << 16;
constexpr std::size_t kChecksumDigits = 16;
const std::string kBlankChecksum(kChecksumDigits, '0');

// Each step is one-to-one in the state and in the word, so no single changed word goes unnoticed.
class Checksum {
 public:
  void add(std::string_view bytes) {
    while (!bytes.empty() && (held_ > 0 || bytes.size() < sizeof(word_))) {
      const std::size_t n = std::min(sizeof(word_) - held_, bytes.size());
      std::memcpy(reinterpret_cast<char*>(&word_) + held_, bytes.data(), n);
      bytes.remove_prefix(n);
      held_ += n;
      if (held_ < sizeof(word_)) return;
      step();
    }
    while (bytes.size() >= sizeof(word_)) {
      std::memcpy(&word_, bytes.data(), sizeof(word_));
      bytes.remove_prefix(sizeof(word_));
      step();
    }
    if (!bytes.empty()) add(bytes);
  }

  std::string hex() {
    if (held_ > 0) step();
    return fmt::format("{:016x}", state_);
  }

 private:
  void step() {
    state_ = (state_ ^ word_) * 0x9E3779B97F4A7C15ULL;
    state_ ^= state_ >> 32U;
    word_ = 0;
    held_ = 0;
  }
  std::uint64_t state_ = 0x6A09E667F3BCC908ULL, word_ = 0;
  std::size_t held_ = 0;
};

// Where a file's bytes come from, front to back.
class Source {
 public:
  virtual ~Source() = default;
  virtual void read(char* to, std::size_t bytes) = 0;
};

class MemorySource : public Source {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
  void read(char* to, std::size_t bytes) override {
    std::memcpy(to, bytes_.data(), bytes);
    bytes_.remove_prefix(bytes);
  }

 private:
  std::string_view bytes_;
};

class FileSource : public Source {
 public:
  explicit FileSource(const std::filesystem::path& file)
      : name_(file.string()), stream_(file, std::ios::binary) {
    if (!stream_) {
      throw ModelError(
          fmt::format("{}: cannot be opened: {}", name_, std::generic_category().message(errno)));
    }
  }
  void read(char* to, std::size_t bytes) override {
    if (!stream_.read(to, static_cast<std::streamsize>(bytes))) {
      throw ModelError(fmt::format("{}: cannot be read to its end (changed while it was read?)", name_));
    }
  }

 private:
  std::string name_;
  std::ifstream stream_;
};

Tensor read_tensor(const safetensors::Entry& entry, Source& source, Checksum& checksum) {
  Tensor tensor(entry.shape);
  if (entry.dtype == "F32") {
    const std::size_t bytes = entry.end - entry.begin;
    if (bytes == 0) return tensor;
    source.read(reinterpret_cast<char*>(tensor.data()), bytes);
    checksum.add({reinterpret_cast<const char*>(tensor.data()), bytes});
    return tensor;
  }
  std::array<char, kChunkBytes> chunk{};
  const ElementType type = *safetensors::element_type(entry.dtype);
  const std::size_t bytes = element_bytes(type);
  float* to = tensor.data();
  for (std::uint64_t left = entry.end - entry.begin; left > 0;) {
    const std::size_t n = std::min<std::uint64_t>(left, chunk.size());
    source.read(chunk.data(), n);
    checksum.add({chunk.data(), n});
    to_floats(type, chunk.data(), n / bytes, to);
    to += n / bytes;
    left -= n;
  }
  return tensor;
}

std::string checksum_entry(std::string_view digits) {
  return fmt::format("\"{}\":\"{}\"", kChecksumKey, digits);
}

// The header with its own checksum blanked, as it was when the sum was taken.
std::string blanked(std::string header, const std::string& digits) {
  const std::size_t at = header.find(checksum_entry(digits));
  if (at != std::string::npos) {
    header.replace(at, checksum_entry(digits).size(), checksum_entry(kBlankChecksum));
  }
  return header;
}

struct HeaderText {
  std::uint64_t length = 0;
  std::string text;
  safetensors::Header header;
};

HeaderText read_header(Source& source, std::uint64_t size, const std::string& name) {
  if (size < kLengthBytes + 2) {
    throw ModelError(fmt::format("{}: {} bytes are too few for a safetensors file", name, size));
  }
  HeaderText read;
  source.read(reinterpret_cast<char*>(&read.length), kLengthBytes);
  if (read.length > kMostHeaderBytes || read.length > size - kLengthBytes) {
    throw ModelError(fmt::format("{}: a safetensors header of {} bytes does not fit into {} (at most {})",
                                 name, read.length, size, kMostHeaderBytes));
  }
  read.text.resize(read.length);
  source.read(read.text.data(), read.length);
  read.header = safetensors::parse_header(read.text, size - kLengthBytes - read.length, name);
  return read;
}

SafetensorsFile read_all(Source& source, std::uint64_t size, const std::string& name) {
  HeaderText read = read_header(source, size, name);
  const auto& metadata = read.header.metadata;
  const auto stated = metadata.find(std::string(kChecksumKey));
  Checksum checksum;
  checksum.add({reinterpret_cast<const char*>(&read.length), kLengthBytes});
  checksum.add(stated == metadata.end() ? read.text : blanked(std::move(read.text), stated->second));

  SafetensorsFile file;
  for (const safetensors::Entry& entry : read.header.entries) {
    file.tensors.emplace(entry.name, read_tensor(entry, source, checksum));
  }
  if (stated != metadata.end() && checksum.hex() != stated->second) {
    throw ModelError(fmt::format("{}: damaged: its bytes do not give the checksum in its header ('{}')", name,
                                 kChecksumKey));
  }
  file.metadata = std::move(read.header.metadata);
  return file;
}

std::string_view bytes_of(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()),
          static_cast<std::size_t>(tensor.size()) * sizeof(float)};
}

// Spaces at the end make the tensors begin at a multiple of 8 bytes, as the format asks.
std::string padded_header(const SafetensorsContent& content) {
  safetensors::Header header;
  header.metadata = content.metadata;
  header.metadata[std::string(kChecksumKey)] = kBlankChecksum;
  std::uint64_t position = 0;
  for (const auto& [name, tensor] : content.tensors) {
    if (name == "__metadata__")
      throw ModelError("a tensor cannot be called '__metadata__' in a safetensors file");
    const std::uint64_t end = position + bytes_of(*tensor).size();
    header.entries.push_back({name, "F32", tensor->shape(), position, end});
    position = end;
  }
  std::string text = safetensors::print_header(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

bool looks_like_safetensors(std::string_view head, std::uint64_t size) {
  if (head.size() <= kLengthBytes || head[kLengthBytes] != '{') return false;
  std::uint64_t length = 0;
  std::memcpy(&length, head.data(), kLengthBytes);
  return length <= kMostHeaderBytes && length <= size - kLengthBytes;
}

SafetensorsView view_safetensors(std::string_view bytes, const std::string& name) {
  MemorySource source(bytes);
  HeaderText read = read_header(source, bytes.size(), name);
  SafetensorsView view{.metadata = std::move(read.header.metadata), .tensors = {}};
  const char* const data = bytes.data() + kLengthBytes + read.length;
  for (safetensors::Entry& entry : read.header.entries) {
    view.tensors.push_back({.name = std::move(entry.name),
                            .type = *safetensors::element_type(entry.dtype),
                            .shape = std::move(entry.shape),
                            .strides = {},
                            .data = data + entry.begin});
  }
  return view;
}

SafetensorsFile read_safetensors(const std::filesystem::path& file) {
  FileSource source(file);
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  if (error) throw ModelError(fmt::format("{}: {}", file.string(), error.message()));
  return read_all(source, size, file.string());
}

SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& name) {
  MemorySource source(bytes);
  return read_all(source, bytes.size(), name);
}

void write_safetensors(const SafetensorsContent& content, const ByteSink& sink) {
  std::string header = padded_header(content);
  const std::uint64_t length = header.size();
  const std::string_view length_bytes(reinterpret_cast<const char*>(&length), kLengthBytes);
  Checksum checksum;
  checksum.add(length_bytes);
  checksum.add(header);
  for (const auto& [name, tensor] : content.tensors) checksum.add(bytes_of(*tensor));
  header.replace(header.find(checksum_entry(kBlankChecksum)), checksum_entry(kBlankChecksum).size(),
                 checksum_entry(checksum.hex()));
  sink(length_bytes);
  sink(header);
  for (const auto& [name, tensor] : content.tensors) sink(bytes_of(*tensor));
}

void write_safetensors(const SafetensorsContent& content, const std::filesystem::path& file) {
  AtomicFile out(file);
  write_safetensors(content, [&out](std::string_view bytes) { out.write(bytes); });
  out.commit();
}

}  // namespace actionflow
