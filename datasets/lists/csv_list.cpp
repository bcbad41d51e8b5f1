#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "datasets/lists/csv_text.h"
#include "datasets/lists/list_format.h"

namespace actionflow {

namespace {

using Row = std::vector<std::string>;

constexpr std::array<std::string_view, 3> kBeginColumns{"time_start", "start_time", "start"};
constexpr std::array<std::string_view, 3> kEndColumns{"time_end", "end_time", "end"};
constexpr std::array<std::string_view, 13> kPathColumns{
    "path",  "video_path", "file_path", "filepath", "file", "filename",  "file_name",
    "video", "video_name", "clip",      "name",     "id",   "youtube_id"};
constexpr std::array<std::string_view, 9> kLabelColumns{
    "label", "class", "class_name", "label_name", "action", "category", "target", "label_id", "class_id"};
constexpr std::array<std::string_view, 6> kGroupColumns{"group", "person", "subject",
                                                        "actor", "scene",  "source"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

struct Columns {
  int path = -1, label = -1, group = -1, split = -1, begin = -1, end = -1;
  std::size_t count = 0;
};

template <class Names>
int column(const Row& header, const Names& names) {
  for (const std::string_view name : names) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (lower(header[i]) == name) return static_cast<int>(i);
    }
  }
  return -1;
}

Columns columns_of(const Row& header) {
  Columns columns;
  columns.path = column(header, kPathColumns);
  columns.label = column(header, kLabelColumns);
  columns.group = column(header, kGroupColumns);
  columns.split = column(header, std::array{std::string_view("split")});
  columns.begin = column(header, kBeginColumns);
  columns.end = column(header, kEndColumns);
  columns.count = header.size();
  return columns;
}

// Whether a row of a list of all splits belongs to this one.
bool belongs(std::string word, ListSplit split) {
  word = lower(word);
  const auto begins = [&](std::string_view name) { return word.starts_with(name); };
  if (split == ListSplit::unknown || !(begins("train") || begins("val") || begins("test"))) return true;
  return begins(split == ListSplit::train ? "train" : split == ListSplit::val ? "val" : "test");
}

std::optional<double> seconds_of(std::string_view text) {
  double seconds = 0;
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (bad != std::errc() || stop != text.data() + text.size() || !std::isfinite(seconds)) return std::nullopt;
  return seconds;
}

// The part that the two cells name; neither names none.
std::optional<TimeSpan> part_of(const std::string& begin, const std::string& end, const std::string& place,
                                ListErrors& errors) {
  if (begin.empty() && end.empty()) return std::nullopt;
  const std::optional<double> from = seconds_of(begin), to = seconds_of(end);
  if (!from || !to)
    errors.add(place, fmt::format("the part's {} is '{}', expected seconds, as 12 or 12.5",
                                  from ? "end" : "start", from ? end : begin));
  else if (*from < 0)
    errors.add(place, fmt::format("the part starts at {} s, before the video, expected 0 or more", begin));
  else if (*to <= *from)
    errors.add(place, fmt::format("the part from {} to {} s ends before it begins", begin, end));
  else
    return TimeSpan{*from, *to};
  return std::nullopt;
}

ListRow to_row(const Row& cells, const Columns& columns, std::string place, ListErrors& errors) {
  const auto cell = [&](int index) {
    return index < 0 ? std::string() : cells[static_cast<std::size_t>(index)];
  };
  ListRow row{std::move(place), cell(columns.path), {}, std::nullopt, cell(columns.group)};
  row.part = part_of(cell(columns.begin), cell(columns.end), row.place, errors);
  if (const std::string label = cell(columns.label); !label.empty()) {
    row.label = label;
    row.folders = {"", label};
  }
  return row;
}

// Kinetics' videos lie in a folder a split, some with a folder a class in it.
void add_split_folders(ListSplit split, ListRow& row) {
  if (split == ListSplit::unknown) return;
  const std::string folder = split == ListSplit::train ? "train" : split == ListSplit::val ? "val" : "test";
  if (row.folders.empty()) row.folders = {""};
  row.folders.push_back(folder);
  if (row.label) row.folders.push_back(folder + "/" + *row.label);
}

// Whether a list's first record names its columns; one without, of two cells, is path and label. Nothing
// where it is neither.
std::optional<bool> names_columns(const Row& first, Columns& columns, bool without_label) {
  columns = columns_of(first);
  if (columns.path >= 0 && (columns.label >= 0 || without_label)) return true;
  if (first.size() != 2 || columns.path >= 0 || columns.label >= 0) return std::nullopt;
  columns.path = 0;
  columns.label = 1;
  return false;
}

}  // namespace

std::vector<ListRow> csv_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  const std::vector<CsvRecord> records = csv_records(list, errors);
  if (records.empty()) return rows;
  const Row& first = records.front().cells;
  const std::string first_place = list.place(records.front().line);
  Columns columns;
  const std::optional<bool> headed = names_columns(first, columns, context.split == ListSplit::unknown);
  if (!headed) {
    errors.add(
        first_place,
        fmt::format("'{}' names no columns that are known, expected one of {} and one of {}",
                    fmt::join(first, ","), fmt::join(kPathColumns, ", "), fmt::join(kLabelColumns, ", ")));
    return rows;
  }
  if ((columns.begin < 0) != (columns.end < 0)) {
    errors.add(first_place,
               "names a part's start without its end, or its end without its start, expected both");
    return rows;
  }
  for (std::size_t i = *headed ? 1 : 0; i < records.size() && !errors.too_many(); ++i) {
    const Row& cells = records[i].cells;
    std::string place = list.place(records[i].line);
    if (cells.size() != columns.count) {
      errors.add(place, fmt::format("has {} cells, expected {}", cells.size(), columns.count));
      continue;
    }
    const int split = columns.split;
    if (split >= 0 && !belongs(cells[static_cast<std::size_t>(split)], context.split)) continue;
    const std::size_t errors_before = errors.count();
    ListRow row = to_row(cells, columns, std::move(place), errors);
    if (errors.count() > errors_before) continue;
    rows.push_back(std::move(row));
    add_split_folders(context.split, rows.back());
  }
  return rows;
}

}  // namespace actionflow
