#include <fmt/format.h>

#include <algorithm>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/names/csv_columns.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/action_times.h"
#include "datasets/lists/text/csv_text.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

using Row = CsvRow;

struct Columns {
  int path = -1, label = -1, group = -1, split = -1, begin = -1, end = -1;
  std::size_t count = 0;
  char separator = ',';
};

Columns columns_of(const Row& header) {
  Columns columns;
  columns.path = column_of(header, path_columns());
  columns.label = column_of(header, label_columns());
  columns.group = column_of(header, group_columns());
  columns.split = column_of(header, split_columns());
  columns.begin = column_of(header, start_columns());
  columns.end = column_of(header, end_columns());
  columns.count = header.size();
  return columns;
}

// The part that the two cells name; neither names none.
std::optional<TimeSpan> part_of(const std::string& begin, const std::string& end, const std::string& place,
                                ListErrors& errors) {
  if (begin.empty() && end.empty()) return std::nullopt;
  return span_of("part", begin, end, place, errors);
}

ListRow to_row(const Row& cells, const Columns& columns, std::string place, ListErrors& errors) {
  const auto cell = [&](int index) { return cell_of(cells, index); };
  ListRow row{std::move(place), cell(columns.path), {}, std::nullopt, cell(columns.group)};
  const auto time = [&](int index) { return number_cell(cell(index), columns.separator); };
  row.part = part_of(time(columns.begin), time(columns.end), row.place, errors);
  if (const std::string label = cell(columns.label); !label.empty()) {
    row.label = label;
    row.folders = {"", label};
  }
  return row;
}

// Kinetics' videos lie in a folder a split, some with a folder a class in it, whose blanks are written as _.
std::vector<std::string> folders_of(ListSplit split, const std::filesystem::path& root) {
  if (split == ListSplit::unknown) return {};
  std::vector<std::string> folders{std::string(names_of_split(split).front())};
  for (std::string& name : folders_of_split(root, split))
    if (name != folders.front()) folders.push_back(std::move(name));
  return folders;
}

void add_split_folders(const std::vector<std::string>& of_split, ListRow& row) {
  if (of_split.empty()) return;
  if (row.folders.empty()) row.folders = {""};
  for (const std::string& folder : of_split) {
    row.folders.push_back(folder);
    if (!row.label) continue;
    std::string name = folder + "/" + *row.label;
    row.folders.push_back(name);
    std::replace(name.begin(), name.end(), ' ', '_');
    if (name != row.folders.back()) row.folders.push_back(std::move(name));
  }
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
  const char separator = separator_of(list.text());
  const std::vector<CsvRecord> records = csv_records(list, errors, separator);
  if (records.empty()) return rows;
  const Row& first = records.front().cells;
  const std::string first_place = list.place(records.front().line);
  Columns columns;
  const std::optional<bool> headed = names_columns(first, columns, context.split == ListSplit::unknown);
  columns.separator = separator;
  if (!headed) {
    errors.add(first_place,
               fmt::format("'{}' names no columns that are known, expected one of {} and one of {}",
                           fmt::join(first, ","), fmt::join(path_columns(), ", "),
                           fmt::join(label_columns(), ", ")));
    return rows;
  }
  if ((columns.begin < 0) != (columns.end < 0)) {
    errors.add(first_place,
               "names a part's start without its end, or its end without its start, expected both");
    return rows;
  }
  const std::vector<std::string> of_split = folders_of(context.split, context.options.root);
  for (std::size_t i = *headed ? 1 : 0; i < records.size() && !errors.too_many(); ++i) {
    const Row& cells = records[i].cells;
    std::string place = list.place(records[i].line);
    if (cells.size() != columns.count) {
      errors.add(place, fmt::format("has {} cells, expected {}", cells.size(), columns.count));
      continue;
    }
    const int split = columns.split;
    if (!belongs_to(cell_of(cells, split), context.split, place, errors)) continue;
    const std::size_t errors_before = errors.count();
    ListRow row = to_row(cells, columns, std::move(place), errors);
    if (errors.count() > errors_before) continue;
    rows.push_back(std::move(row));
    add_split_folders(of_split, rows.back());
  }
  return rows;
}

}  // namespace actionflow
