// A file's bytes as memory, brought in when they are touched: large files of weights are read without a copy.
//
// The bytes stay as long as the object does. A file that is cut short by another program meanwhile ends this
// one (SIGBUS), as it does any that maps files; one that is replaced by renaming does not.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace actionflow {

class MappedFile {
 public:
  // Throws ModelError that names the file where it cannot be opened.
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const noexcept { return {data_, size_}; }

  // Lets go of the memory of whole pages within this part of the bytes; they are read from the file again
  // when they are touched. What lies outside of the file's bytes is left alone.
  void let_go(std::string_view part) const noexcept;

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace actionflow
