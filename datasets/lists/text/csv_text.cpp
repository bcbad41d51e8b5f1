#include "datasets/lists/text/csv_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace actionflow {

namespace {

constexpr std::size_t kLongestRecord = 8192;

// Cuts one record from the front of a text.
class RecordCutter {
 public:
  RecordCutter(std::string_view text, char separator) : text_(text), separator_(separator) {}

  // False where a quote is not closed, or nowhere near.
  bool cut() {
    bool quoted = false;
    std::string cell;
    const auto end_cell = [&] {
      cells_.emplace_back(trimmed(cell));
      cell.clear();
    };
    for (; at_ < text_.size() && at_ <= kLongestRecord; ++at_) {
      const char c = text_[at_];
      if (c == '\r' && next() == '\n') continue;
      if (quoted && c == '"' && next() == '"') {
        cell += text_[at_++];
      } else if (quoted && c == '"') {
        quoted = false;
      } else if (!quoted && c == '"' && trimmed(cell).empty()) {
        cell.clear();
        quoted = true;
      } else if (!quoted && c == separator_) {
        end_cell();
      } else if (!quoted && c == '\n') {
        break;
      } else {
        cell += c;
      }
    }
    end_cell();
    return !quoted && at_ <= kLongestRecord;
  }

  std::vector<std::string> cells() { return std::move(cells_); }
  std::size_t bytes() const { return at_; }

 private:
  char next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::vector<std::string> cells_;
};

bool holds_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
  });
}

// Spreadsheets say it in a line before the header.
constexpr std::string_view kSeparatorLine = "sep=";

std::string_view first_line_of(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  return text.substr(0, text.find('\n'));
}

bool names_separator(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.starts_with(kSeparatorLine) && line.size() == kSeparatorLine.size() + 1;
}

}  // namespace

std::vector<CsvRecord> csv_records(const ListText& list, ListErrors& errors, char separator) {
  std::vector<CsvRecord> records;
  std::string_view rest = list.text();
  std::size_t line = 1;
  while (!rest.empty() && !errors.too_many()) {
    const std::size_t first_line = std::min(rest.find('\n'), rest.size());
    RecordCutter cutter(rest, separator);
    const bool whole = cutter.cut();
    const std::size_t bytes = whole ? cutter.bytes() : first_line;
    const std::string_view text = rest.substr(0, bytes);
    if (trimmed(text).empty() || (records.empty() && names_separator(text))) {
      // An empty line, or none of the table's.
    } else if (first_line > kLongestRecord) {
      errors.add(list.place(line),
                 fmt::format("a line of {} bytes, expected at most {}", first_line, kLongestRecord));
    } else if (!whole) {
      errors.add(list.place(line), "a quote is not closed, expected \" at the cell's end");
    } else if (holds_control_character(text)) {
      errors.add(list.place(line), "holds a control character, expected plain text");
    } else {
      records.push_back({line, cutter.cells()});
    }
    line += 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    rest.remove_prefix(std::min(bytes + 1, rest.size()));
  }
  return records;
}

std::string_view header_line(std::string_view text) {
  const std::string_view line = first_line_of(text);
  if (!names_separator(line)) return line;
  text.remove_prefix(static_cast<std::size_t>(line.data() + line.size() - text.data()));
  return first_line_of(text);
}

char separator_of(std::string_view text) {
  const std::string_view line = first_line_of(text);
  if (names_separator(line)) return line[kSeparatorLine.size()];
  constexpr std::array kSeparators{',', ';', '\t'};
  std::array<int, kSeparators.size()> counts{};
  bool quoted = false;
  for (const char c : line) {
    quoted = quoted != (c == '"');
    const auto known = std::find(kSeparators.begin(), kSeparators.end(), c);
    if (!quoted && known != kSeparators.end())
      ++counts[static_cast<std::size_t>(known - kSeparators.begin())];
  }
  return kSeparators[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) -
                                              counts.begin())];
}

std::string number_cell(std::string cell, char separator) {
  if (separator == ';') std::replace(cell.begin(), cell.end(), ',', '.');
  return cell;
}

std::vector<std::string> split_cells(std::string_view line, char separator) {
  RecordCutter cutter(line, separator);
  cutter.cut();
  return cutter.cells();
}

}  // namespace actionflow
