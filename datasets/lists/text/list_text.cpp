#include "datasets/lists/text/list_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "base/remote/local_copy.h"
#include "base/text/mask.h"
#include "base/text/remote_name.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

// Kinetics-700, the longest of the known lists, has 50 MB.
constexpr std::uintmax_t kMostBytes = std::uintmax_t{256} << 20;
constexpr std::size_t kLongestLine = 8192;
constexpr std::size_t kMostShown = 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void ListErrors::add(const std::string& place, const std::string& what) {
  add_line(place + ": error: " + what);
}

void ListErrors::add_line(std::string line) {
  // A list that two splits come from is read twice.
  if (std::find(lines_.begin(), lines_.end(), line) != lines_.end()) return;
  if (++count_ <= kMostShown) lines_.push_back(std::move(line));
}

void ListErrors::throw_if_any() const {
  if (!any()) return;
  std::string message = fmt::format("{}", fmt::join(lines_, "\n"));
  if (count_ > lines_.size())
    message +=
        fmt::format("\n… and {} more{}", count_ - lines_.size(), too_many() ? ", where reading ended" : "");
  throw DatasetError(message);
}

namespace {

// A list on a server or on the disk; nothing, and `errors` say why, where it cannot be taken.
std::optional<std::string> read_list(const fs::path& file, ListErrors& errors) {
  if (is_remote(file.native())) {
    try {
      return read_remote(file.string(), kMostBytes);
    } catch (const SourceError& error) {
      errors.add(file.string(), error.what());
      return std::nullopt;
    }
  }
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    errors.add(file.string(), fs::exists(file, error) ? "is not a file, expected a list of videos"
                                                      : "there is no such file, expected a list of videos");
    return std::nullopt;
  }
  const std::uintmax_t size = fs::file_size(file, error);
  if (size > kMostBytes) {
    errors.add(file.string(), fmt::format("has {} bytes, expected a list of at most {}", size, kMostBytes));
    return std::nullopt;
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text(size, '\0');
  if (!stream.read(text.data(), static_cast<std::streamsize>(size))) {
    errors.add(file.string(), "cannot be read, check its permissions");
    return std::nullopt;
  }
  return text;
}

}  // namespace

ListText::ListText(const fs::path& file, ListErrors& errors)
    : file_(is_remote(file.native()) ? fs::path(without_credentials(file.string())) : file) {
  std::optional<std::string> text = read_list(file, errors);
  if (!text) return;
  if (const std::size_t zero = text->find('\0'); zero != std::string::npos) {
    errors.add(file.string(),
               fmt::format("holds a zero byte (byte {}), expected a list in plain text", zero));
    return;
  }
  if (text->starts_with(kByteOrderMark)) text->erase(0, kByteOrderMark.size());
  text_ = std::move(*text);
}

std::vector<ListLine> ListText::lines(ListErrors& errors) const {
  std::vector<ListLine> lines;
  std::string_view rest = text_;
  for (std::size_t number = 1; !rest.empty() && !errors.too_many(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    if (line.size() > kLongestLine) {
      errors.add(place(number),
                 fmt::format("a line of {} bytes, expected at most {}", line.size(), kLongestLine));
    } else if (has_control_character(line)) {
      errors.add(place(number), "holds a control character, expected plain text");
    } else {
      lines.push_back({number, line});
    }
  }
  return lines;
}

std::string ListText::place(std::size_t line) const { return fmt::format("{}:{}", file_.string(), line); }

std::size_t ListText::line_of(std::size_t byte) const {
  const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text_.size()));
  return 1 + static_cast<std::size_t>(std::count(text_.begin(), end, '\n'));
}

std::string first_line(const fs::path& list) {
  ListErrors errors;
  const ListText text(list, errors);
  const std::vector<ListLine> lines = text.lines(errors);
  return lines.empty() ? std::string() : std::string(lines.front().text);
}

}  // namespace actionflow
