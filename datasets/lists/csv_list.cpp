#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "datasets/lists/list_format.h"

namespace actionflow {

namespace {

using Row = std::vector<std::string>;

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

// The cells of one record (RFC 4180: quotes around a cell, doubled inside it). False where a quote is not
// closed on its line: names and labels hold no line ends.
bool cut_cells(std::string_view line, Row& cells) {
  std::string cell;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      const bool doubled = c == '"' && i + 1 < line.size() && line[i + 1] == '"';
      if (doubled) ++i;
      if (c == '"' && !doubled)
        quoted = false;
      else
        cell += c;
    } else if (c == '"' && trimmed(cell).empty()) {
      cell.clear();
      quoted = true;
    } else if (c == ',') {
      cells.emplace_back(trimmed(cell));
      cell.clear();
    } else {
      cell += c;
    }
  }
  cells.emplace_back(trimmed(cell));
  return !quoted;
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
  columns.begin = column(header, std::array{std::string_view("time_start")});
  columns.end = column(header, std::array{std::string_view("time_end")});
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

// Kinetics: "id_000010_000020", the seconds of the clip in the film that it was cut from.
std::string with_seconds(const std::string& id, const std::string& begin, const std::string& end) {
  constexpr std::size_t kDigits = 6;
  const auto padded = [](const std::string& number) {
    return number.size() < kDigits ? std::string(kDigits - number.size(), '0') + number : number;
  };
  return is_number(begin) && is_number(end) ? fmt::format("{}_{}_{}", id, padded(begin), padded(end)) : id;
}

ListRow to_row(const Row& cells, const Columns& columns, std::string place) {
  const auto cell = [&](int index) {
    return index < 0 ? std::string() : cells[static_cast<std::size_t>(index)];
  };
  ListRow row{std::move(place), cell(columns.path), {}, std::nullopt, cell(columns.group)};
  if (columns.begin >= 0 && columns.end >= 0)
    row.name = with_seconds(row.name, cell(columns.begin), cell(columns.end));
  if (const std::string label = cell(columns.label); !label.empty()) {
    row.label = label;
    row.folders = {"", label};
  }
  return row;
}

}  // namespace

std::vector<ListRow> csv_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  std::optional<Columns> columns;
  for (const ListLine& line : list.lines(errors)) {
    if (errors.too_many()) break;
    const std::string place = list.place(line.number);
    Row cells;
    if (!cut_cells(line.text, cells)) {
      errors.add(place, "a quote is not closed, expected \" at the cell's end");
      continue;
    }
    if (!columns) {
      columns = columns_of(cells);
      if (columns->path >= 0 && (columns->label >= 0 || context.split == ListSplit::unknown)) continue;
      const bool bare = cells.size() == 2 && columns->path < 0 && columns->label < 0;
      if (!bare) {
        errors.add(place,
                   fmt::format("'{}' names no columns that are known, expected one of {} and one of {}",
                               line.text, fmt::join(kPathColumns, ", "), fmt::join(kLabelColumns, ", ")));
        return rows;
      }
      columns->path = 0;
      columns->label = 1;
    }
    if (cells.size() != columns->count) {
      errors.add(place, fmt::format("has {} cells, expected {}", cells.size(), columns->count));
      continue;
    }
    const int split = columns->split;
    if (split >= 0 && !belongs(cells[static_cast<std::size_t>(split)], context.split)) continue;
    rows.push_back(to_row(cells, *columns, place));
  }
  return rows;
}

}  // namespace actionflow
