#include "datasets/lists/text/tar_index.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include "base/files/descriptor.h"
#include "base/text/mask.h"
#include "base/text/remote_name.h"
#include "datasets/lists/dataset.h"

namespace actionflow {

namespace {

constexpr std::size_t kTarBlock = 512;
constexpr std::uint64_t kHeadersAtOnce = 4096;  // a label and the header after it
constexpr std::uint64_t kMostNameBytes = 64 << 10;
constexpr std::size_t kMostMembers = 10'000'000;
constexpr std::size_t kLongestName = 4096;

[[noreturn]] void fail_tar(const std::string& archive, std::uint64_t at, const std::string& what) {
  throw DatasetError(fmt::format("{}:{}: error: {}", without_credentials(archive), at, what));
}

// A header's fields, by the offsets that POSIX gives them.
class TarHeader {
 public:
  explicit TarHeader(std::string bytes) : bytes_(std::move(bytes)) {}

  bool is_empty() const {
    return std::all_of(bytes_.begin(), bytes_.end(), [](char c) { return c == '\0'; });
  }
  char type() const { return bytes_[156]; }
  bool is_file() const { return type() == '0' || type() == '\0' || type() == '7'; }

  // Octal digits, or, where the first bit is set, a binary number.
  std::optional<std::uint64_t> number(std::size_t at, std::size_t length) const {
    const auto first = static_cast<unsigned char>(bytes_[at]);
    if ((first & 0x80) != 0) return binary(at, length);
    std::string_view digits(bytes_.data() + at, length);
    while (!digits.empty() && digits.front() == ' ') digits.remove_prefix(1);
    digits = digits.substr(0, digits.find_first_of(std::string_view(" \0", 2)));
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    return digits.empty() || !whole ? std::nullopt : std::optional(value);
  }
  std::optional<std::uint64_t> size() const { return number(124, 12); }

  // The sum of all bytes, its own field as blanks.
  bool sum_is_right() const {
    std::uint64_t sum = 8 * ' ';
    for (std::size_t i = 0; i < bytes_.size(); ++i)
      if (i < 148 || i >= 156) sum += static_cast<unsigned char>(bytes_[i]);
    return number(148, 8) == sum;
  }

  std::string name() const {
    const std::string own = text(0, 100), prefix = text(345, 155);
    const bool posix = std::string_view(bytes_).substr(257, 6) == std::string_view("ustar\0", 6);
    return posix && !prefix.empty() ? prefix + "/" + own : own;
  }

 private:
  std::string text(std::size_t at, std::size_t length) const {
    return {bytes_.data() + at, ::strnlen(bytes_.data() + at, length)};
  }
  std::optional<std::uint64_t> binary(std::size_t at, std::size_t length) const {
    std::uint64_t value = static_cast<unsigned char>(bytes_[at]) & 0x7f;
    for (std::size_t i = at + 1; i < at + length; ++i) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    }
    return value;
  }

  const std::string bytes_;
};

// What stands before a member's header and says more than its fields can.
struct Extension {
  std::string name;
  std::optional<std::uint64_t> size;
};

// Pax: "LENGTH key=value\n" each, LENGTH of the whole line. False where it is not so.
bool read_pax(std::string_view text, Extension& extension) {
  while (!text.empty() && text.front() != '\0') {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || length > text.size() || length < digits + 3 || text[digits] != ' ')
      return false;
    const std::string_view line = text.substr(digits + 1, length - digits - 2);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view key = line.substr(0, equals), value = line.substr(equals + 1);
    if (key == "path") extension.name = value;
    if (key == "size") {
      std::uint64_t size = 0;
      const auto [last, wrong] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (wrong != std::errc() || last != value.data() + value.size()) return false;
      extension.size = size;
    }
    text.remove_prefix(length);
  }
  return true;
}

class TarReader {
 public:
  TarReader(const std::string& archive, const ArchiveBytes& bytes) : archive_(archive), bytes_(bytes) {}

  std::vector<TarMember> read() {
    for (;;) {
      const TarHeader header(bytes_.bytes(archive_, at_, kTarBlock));
      if (header.is_empty()) return std::move(members_);
      if (!header.sum_is_right()) fail("no tar header stands here: its checksum is wrong");
      take(header);
    }
  }

 private:
  void take(const TarHeader& header) {
    const bool extends = std::string_view("xgLK").find(header.type()) != std::string_view::npos;
    const std::optional<std::uint64_t> size = extension_.size && !extends ? extension_.size : header.size();
    if (!size || *size > bytes_.size || bytes_.size - *size < at_ + kTarBlock)
      fail(fmt::format("a member {} beyond the archive's {} bytes; it is cut short or damaged",
                       size ? fmt::format("of {} bytes goes", *size) : std::string("goes"), bytes_.size));
    const std::uint64_t data = at_ + kTarBlock;
    if (extends) {
      extend(header.type(), data, *size);
    } else {
      if (header.is_file()) add(extension_.name.empty() ? header.name() : extension_.name, data, *size);
      extension_ = {};
    }
    at_ = data + (*size + kTarBlock - 1) / kTarBlock * kTarBlock;
  }

  void extend(char type, std::uint64_t data, std::uint64_t size) {
    if (type != 'x' && type != 'L') return;  // of all members, or a link's
    if (size > kMostNameBytes)
      fail(fmt::format("a name of {} bytes, expected at most {}", size, kMostNameBytes));
    const std::string text = bytes_.bytes(archive_, data, size);
    if (type == 'L')
      extension_.name = text.c_str();
    else if (!read_pax(text, extension_))
      fail("a damaged pax header");
  }

  void add(std::string name, std::uint64_t data, std::uint64_t size) {
    const bool plain =
        std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
    if (name.empty() || name.size() > kLongestName || !plain)
      fail("a member's name is empty, too long or holds control characters");
    while (name.starts_with("./")) name.erase(0, 2);
    if (!names_.insert(name).second) fail(fmt::format("'{}' stands in the archive twice", name));
    if (members_.size() == kMostMembers) fail(fmt::format("has more than {} members", kMostMembers));
    members_.push_back({std::move(name), data, size});
  }

  [[noreturn]] void fail(const std::string& what) const { fail_tar(archive_, at_, what); }

  const std::string& archive_;
  const ArchiveBytes& bytes_;
  std::uint64_t at_ = 0;  // of the header that is looked at
  Extension extension_;
  std::unordered_set<std::string> names_;
  std::vector<TarMember> members_;
};

void refuse_compressed(const std::string& archive, const ArchiveBytes& bytes) {
  struct Compression {
    std::string_view begin, unpack;
  };
  constexpr std::array<Compression, 4> kKnown{{{"\x1f\x8b", "gzip"},
                                               {"\x28\xb5\x2f\xfd", "zstd"},
                                               {"BZh", "bzip2"},
                                               {"\xfd"
                                                "7zXZ",
                                                "xz"}}};
  std::string begin(kTarBlock, '\0');
  begin.resize(bytes.read(0, {reinterpret_cast<std::uint8_t*>(begin.data()), begin.size()}));
  // The name of a tar's first member may begin so, too.
  if (begin.size() == kTarBlock && TarHeader(begin).sum_is_right()) return;
  for (const Compression& known : kKnown) {
    if (!begin.starts_with(known.begin)) continue;
    const std::string shown = without_credentials(archive);
    const std::string file = shown.substr(bytes.remote ? shown.rfind('/') + 1 : 0);
    fail_tar(
        archive, 0,
        fmt::format("is compressed by {}, and videos are read where they lie in an archive, expected a plain "
                    ".tar: {} -dk '{}'{}",
                    known.unpack, known.unpack, file, bytes.remote ? ", put beside it on the server" : ""));
  }
}

}  // namespace

ArchiveBytes ArchiveBytes::open(const std::string& archive) {
  if (is_remote(archive)) {
    auto file = std::make_shared<RemoteFile>(
        archive, RequestOptions{.first_block = kHeadersAtOnce, .leap_block = kHeadersAtOnce});
    return {file->size(), file, [file](std::uint64_t offset, std::span<std::uint8_t> to) {
              std::size_t count = 0;
              while (count < to.size()) {
                const std::size_t more = file->read(offset + count, to.subspan(count));
                if (more == 0) break;
                count += more;
              }
              return count;
            }};
  }
  auto file = std::make_shared<Descriptor>(::open(archive.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!*file || ::fstat(file->get(), &status) != 0)
    throw SourceError(archive + ": cannot be opened: " + std::generic_category().message(errno));
  if (!S_ISREG(status.st_mode)) throw SourceError(archive + ": is not a file, expected a tar archive");
  return {static_cast<std::uint64_t>(status.st_size), nullptr,
          [file](std::uint64_t offset, std::span<std::uint8_t> to) {
            const ssize_t count = ::pread(file->get(), to.data(), to.size(), static_cast<off_t>(offset));
            return count < 0 ? std::size_t{0} : static_cast<std::size_t>(count);
          }};
}

std::string ArchiveBytes::bytes(const std::string& archive, std::uint64_t offset, std::size_t count) const {
  std::string text(count, '\0');
  if (read(offset, {reinterpret_cast<std::uint8_t*>(text.data()), count}) != count)
    fail_tar(archive, offset,
             fmt::format("the archive ends here, after {} bytes, and is not whole; fetch it again", size));
  return text;
}

std::vector<TarMember> read_tar(const std::string& archive, const ArchiveBytes& bytes) {
  refuse_compressed(archive, bytes);
  return TarReader(archive, bytes).read();
}

}  // namespace actionflow
