#include "models/formats/zip/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace actionflow {
namespace {

// Sizes of the fixed parts, from PKWARE's APPNOTE.TXT.
constexpr std::size_t kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20, kEntryBytes = 46,
                      kLocalBytes = 30;
constexpr std::size_t kMostComment = 0xFFFF;
constexpr std::uint32_t kEndSignature = 0x06054b50, kEnd64Signature = 0x06064b50,
                        kLocatorSignature = 0x07064b50, kEntrySignature = 0x02014b50,
                        kLocalSignature = 0x04034b50;
constexpr std::uint16_t kZip64Field = 1, kEncrypted = 1;

class ZipReader {
 public:
  ZipReader(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  std::map<std::string, std::string_view> entries() {
    const Directory directory = find_directory();
    std::map<std::string, std::string_view> found;
    std::uint64_t at = directory.begin;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      const Entry entry = read_entry(at, directory);
      at = entry.next;
      if (!found.emplace(entry.name, slice(entry, directory)).second)
        fail(fmt::format("'{}' stands twice in it", entry.name));
    }
    return found;
  }

 private:
  struct Directory {
    std::uint64_t begin = 0, end = 0, entries = 0;
  };
  struct Entry {
    std::string name;
    std::uint16_t flags = 0, method = 0;
    std::uint64_t packed = 0, size = 0, local = 0, next = 0;
  };

  template <class T>
  T number(std::uint64_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T)) fail("ends inside its directory");
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(fmt::format("{}: zip archive: {}", file_, what));
  }

  Directory find_directory() const {
    if (bytes_.size() < kEndBytes) fail("too short");
    const std::size_t last = bytes_.size() - kEndBytes;
    const std::size_t first = last > kMostComment ? last - kMostComment : 0;
    for (std::size_t at = last + 1; at-- > first;) {
      if (number<std::uint32_t>(at) == kEndSignature) return read_end(at);
    }
    fail("its directory is missing (cut short?)");
  }

  Directory read_end(std::uint64_t at) const {
    std::uint64_t entries = number<std::uint16_t>(at + 10);
    std::uint64_t size = number<std::uint32_t>(at + 12), begin = number<std::uint32_t>(at + 16);
    if (at >= kLocatorBytes && number<std::uint32_t>(at - kLocatorBytes) == kLocatorSignature) {
      const std::uint64_t end64 = number<std::uint64_t>(at - kLocatorBytes + 8);
      if (end64 > at || at - end64 < kEnd64Bytes || number<std::uint32_t>(end64) != kEnd64Signature)
        fail("its zip64 directory is damaged");
      entries = number<std::uint64_t>(end64 + 32);
      size = number<std::uint64_t>(end64 + 40);
      begin = number<std::uint64_t>(end64 + 48);
    }
    if (begin > at || at - begin < size || size / kEntryBytes < entries)
      fail(fmt::format("its directory of {} entries at byte {} does not fit into it", entries, begin));
    return {begin, begin + size, entries};
  }

  Entry read_entry(std::uint64_t at, const Directory& directory) const {
    if (directory.end - at < kEntryBytes || number<std::uint32_t>(at) != kEntrySignature)
      fail(fmt::format("no directory entry at byte {}", at));
    Entry entry;
    entry.flags = number<std::uint16_t>(at + 8);
    entry.method = number<std::uint16_t>(at + 10);
    entry.packed = number<std::uint32_t>(at + 20);
    entry.size = number<std::uint32_t>(at + 24);
    entry.local = number<std::uint32_t>(at + 42);
    const std::uint64_t name = number<std::uint16_t>(at + 28), extra = number<std::uint16_t>(at + 30),
                        comment = number<std::uint16_t>(at + 32);
    entry.next = at + kEntryBytes + name + extra + comment;
    if (entry.next > directory.end) fail(fmt::format("the entry at byte {} leaves the directory", at));
    entry.name = bytes_.substr(at + kEntryBytes, name);
    read_zip64(at + kEntryBytes + name, extra, entry);
    return entry;
  }

  // Fields stand there in this order, and only those that did not fit.
  void read_zip64(std::uint64_t at, std::uint64_t bytes, Entry& entry) const {
    const std::uint64_t end = at + bytes;
    while (end - at >= 4) {
      const std::uint16_t kind = number<std::uint16_t>(at), size = number<std::uint16_t>(at + 2);
      at += 4;
      if (size > end - at) fail(fmt::format("the extra fields of '{}' are damaged", entry.name));
      if (kind == kZip64Field) {
        std::uint64_t field = at;
        for (std::uint64_t* value : {&entry.size, &entry.packed, &entry.local}) {
          if (*value != 0xFFFFFFFFU) continue;
          if (at + size - field < 8) fail(fmt::format("the zip64 field of '{}' is damaged", entry.name));
          *value = number<std::uint64_t>(field);
          field += 8;
        }
      }
      at += size;
    }
  }

  std::string_view slice(const Entry& entry, const Directory& directory) const {
    if ((entry.flags & kEncrypted) != 0) fail(fmt::format("'{}' is encrypted", entry.name));
    if (entry.method != 0 || entry.packed != entry.size)
      fail(fmt::format("'{}' is compressed, expected a stored one; pack it again without compression",
                       entry.name));
    const std::uint64_t end = directory.begin;
    if (entry.local > end || end - entry.local < kLocalBytes ||
        number<std::uint32_t>(entry.local) != kLocalSignature)
      fail(fmt::format("'{}' does not begin where the directory says", entry.name));
    const std::uint64_t begin = entry.local + kLocalBytes + number<std::uint16_t>(entry.local + 26) +
                                number<std::uint16_t>(entry.local + 28);
    if (begin > end || end - begin < entry.size)
      fail(fmt::format("'{}' of {} bytes leaves the archive (cut short?)", entry.name, entry.size));
    return bytes_.substr(begin, entry.size);
  }

  std::string_view bytes_;
  const std::string& file_;
};

}  // namespace

std::map<std::string, std::string_view> zip_entries(std::string_view bytes, const std::string& file) {
  return ZipReader(bytes, file).entries();
}

}  // namespace actionflow
