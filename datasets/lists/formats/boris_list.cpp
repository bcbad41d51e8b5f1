// Aggregated events of BORIS: https://www.boris.unito.it.
#include <fmt/format.h>

#include "base/log/log.h"
#include "base/text/lower_case.h"
#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/formats/timed_table.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/csv_columns.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

std::vector<ListRow> boris_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  const TimedColumnNames names{.path = {"media file name", "media file", "media file path"},
                               .label = {"behavior", "behaviour"},
                               .start = {"start (s)", "start (seconds)"},
                               .end = {"stop (s)", "stop (seconds)"}};
  const TimedTable table(list, names, {}, errors);
  if (table.empty()) return {};
  const int type = column_of(table.header(), {"behavior type", "behaviour type"});
  std::size_t points = 0;
  std::vector<ListRow> rows = table.rows(context, errors, [&](const CsvRow& cells) {
    const bool point = lower_case(cell_of(cells, type)) == "point";
    points += point ? 1 : 0;
    return !point;
  });
  for (ListRow& row : rows) row.name = last_name(row.name);
  if (points > 0)
    log::warn("{}: {} events of type POINT have no duration and are passed over", list.file().string(),
              points);
  return rows;
}

}  // namespace actionflow
