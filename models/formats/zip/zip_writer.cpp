#include "models/formats/zip/zip_writer.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>
#include <limits>

#include "base/error.h"
#include "base/files/atomic_file.h"

namespace actionflow {
namespace {

constexpr std::uint64_t kAlignment = 64, kLocalHeaderBytes = 30, kFieldBytes = 4;
constexpr std::uint16_t kVersion = 20, kPaddingField = 0x4246;  // "FB", as PyTorch's
constexpr std::uint16_t kFirstDay = 1 << 5 | 1;                 // 1 January 1980, the format's first date

class Record {
 public:
  template <class... Numbers>
  explicit Record(Numbers... numbers) {
    (append(numbers), ...);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <class T>
  void append(T number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  std::string bytes_;
};

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

class ZipArchive {
 public:
  explicit ZipArchive(const std::filesystem::path& file) : name_(file.string()), out_(file) {}

  void add(const ZipEntry& entry) {
    const std::uint32_t begin = narrow(position_), size = narrow(entry.bytes.size());
    const std::uint32_t sum = checksum(entry.bytes);
    const auto length = static_cast<std::uint16_t>(entry.name.size());
    const std::uint64_t data = position_ + kLocalHeaderBytes + length + kFieldBytes;
    const auto padding = static_cast<std::uint16_t>((kAlignment - data % kAlignment) % kAlignment);
    const std::uint16_t extra = kFieldBytes + padding, none = 0;
    write(Record(std::uint32_t{0x04034b50}, kVersion, none, none, none, kFirstDay, sum, size, size, length,
                 extra)
              .bytes());
    write(entry.name);
    write(Record(kPaddingField, padding).bytes());
    write(std::string(padding, '\0'));
    write(entry.bytes);
    directory_ += Record(std::uint32_t{0x02014b50}, kVersion, kVersion, none, none, none, kFirstDay, sum,
                         size, size, length, none, none, none, none, std::uint32_t{0}, begin)
                      .bytes() +
                  entry.name;
    ++entries_;
  }

  void finish() {
    if (entries_ > std::numeric_limits<std::uint16_t>::max()) fail_too_large();
    const std::uint32_t begin = narrow(position_), size = narrow(directory_.size());
    const auto count = static_cast<std::uint16_t>(entries_);
    const std::uint16_t none = 0;
    write(directory_);
    write(Record(std::uint32_t{0x06054b50}, none, none, count, count, size, begin, none).bytes());
    out_.commit();
  }

 private:
  [[noreturn]] void fail_too_large() const {
    throw ModelError(fmt::format("{}: more than a zip archive holds (4 GB, 65,535 entries)", name_));
  }
  std::uint32_t narrow(std::uint64_t bytes) const {
    if (bytes >= std::numeric_limits<std::uint32_t>::max()) fail_too_large();
    return static_cast<std::uint32_t>(bytes);
  }
  void write(std::string_view bytes) {
    out_.write(bytes);
    position_ += bytes.size();
  }

  std::string name_;
  AtomicFile out_;
  std::uint64_t position_ = 0;
  std::size_t entries_ = 0;
  std::string directory_;
};

}  // namespace

void write_zip(const std::vector<ZipEntry>& entries, const std::filesystem::path& file) {
  ZipArchive archive(file);
  for (const ZipEntry& entry : entries) archive.add(entry);
  archive.finish();
}

}  // namespace actionflow
