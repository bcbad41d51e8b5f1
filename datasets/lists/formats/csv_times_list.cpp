#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/formats/timed_table.h"
#include "datasets/lists/names/csv_columns.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

std::vector<std::string_view> list_of(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

}  // namespace

std::vector<ListRow> csv_times_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  TimedColumnNames names;
  names.path = list_of(path_columns());
  names.label = list_of(label_columns());
  names.start = list_of(start_columns());
  names.end = list_of(end_columns());
  names.group = list_of(group_columns());
  names.split = {"split", "subset"};
  names.first_frame = {"start_frame", "first_frame", "frame_start"};
  names.last_frame = {"end_frame", "last_frame", "stop_frame", "frame_end"};
  const TimedTable table(list, names, context.options.label_column, errors);
  return table.empty() ? std::vector<ListRow>() : table.rows(context, errors);
}

}  // namespace actionflow
