#include "datasets/lists/formats/timed_table.h"

#include <fmt/format.h>

#include "base/text/lower_case.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/action_times.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

TimedTable::TimedTable(const ListText& list, const TimedColumnNames& names, const std::string& label_column,
                       ListErrors& errors)
    : list_(list), separator_(separator_of(list.text())), records_(csv_records(list, errors, separator_)) {
  if (records_.empty()) return;
  path_ = column_of(header(), names.path);
  label_ = label_column.empty() ? column_of(header(), names.label)
                                : column_of(header(), {std::string_view(lower_case(label_column))});
  group_ = column_of(header(), names.group);
  split_ = column_of(header(), names.split);
  start_ = column_of(header(), names.start);
  end_ = column_of(header(), names.end);
  in_frames_ = start_ < 0 && end_ < 0 && column_of(header(), names.first_frame) >= 0;
  if (in_frames_) {
    start_ = column_of(header(), names.first_frame);
    end_ = column_of(header(), names.last_frame);
  }
  const std::string place = list.place(records_.front().line);
  const auto require = [&](int column, const std::string& what, const std::vector<std::string_view>& any) {
    if (column < 0)
      errors.add(place,
                 fmt::format("no column is the {}, expected one named {}", what, fmt::join(any, ", ")));
  };
  const std::size_t errors_before = errors.count();
  require(path_, "video's name", names.path);
  require(start_, "action's start", names.start);
  require(end_, "action's end", names.end);
  if (label_ < 0 && !label_column.empty())
    errors.add(place, fmt::format("data.label_column is '{}', and there is no such column among {}",
                                  label_column, fmt::join(header(), ", ")));
  else if (label_ < 0)
    errors.add(place, fmt::format("name the column that is the label: data.label_column=NAME, one of {}",
                                  fmt::join(header(), ", ")));
  if (errors.count() > errors_before) records_.clear();
}

bool TimedTable::is_whole(std::size_t record, ListErrors& errors) const {
  const CsvRow& cells = records_[record].cells;
  if (cells.size() == header().size()) return true;
  errors.add(list_.place(records_[record].line),
             fmt::format("has {} cells, expected {}", cells.size(), header().size()));
  return false;
}

void TimedTable::add_row(std::size_t record, const ListContext& context, std::vector<ListRow>& rows,
                         ListErrors& errors) const {
  const CsvRow& cells = records_[record].cells;
  const std::string place = list_.place(records_[record].line);
  if (!belongs_to(cell_of(cells, split_), context.split, place, errors)) return;
  ListRow row{place, cell_of(cells, path_), {}, std::nullopt, cell_of(cells, group_)};
  row.timed = context.split != ListSplit::unknown;
  if (const std::string label = cell_of(cells, label_); !label.empty()) row.label = label;
  const std::string start = number_cell(cell_of(cells, start_), separator_);
  const std::string end = number_cell(cell_of(cells, end_), separator_);
  const bool says_nothing = start.empty() && end.empty() && !row.label;
  if (!says_nothing && in_frames_) {
    const std::optional<double> first = seconds_of(start), last = seconds_of(end);
    if (first && last)
      row.when = span_of_frames(*first, *last, context.options.annotation_rate, row.place, errors);
    else
      errors.add(row.place,
                 fmt::format("the action's frames are '{}' and '{}', expected numbers", start, end));
  } else if (!says_nothing) {
    row.when = span_of("action", start, end, row.place, errors);
  }
  if (row.when || says_nothing) rows.push_back(std::move(row));
}

}  // namespace actionflow
