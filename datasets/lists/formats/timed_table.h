// Tables whose rows are actions with times: CSV or TSV under a header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/names/csv_columns.h"
#include "datasets/lists/text/csv_text.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

// Names of columns, in lower case.
struct TimedColumnNames {
  std::vector<std::string_view> path, label, start, end;
  std::vector<std::string_view> group = {}, split = {};
  std::vector<std::string_view> first_frame = {}, last_frame = {};  // in place of start and end
};

class TimedTable {
 public:
  // Goes to `errors`, and has no rows, where the header lacks what is needed. `label_column`, where it is not
  // empty, is the label's in place of the usual names.
  TimedTable(const ListText& list, const TimedColumnNames& names, const std::string& label_column,
             ListErrors& errors);

  // The rows of this split. `accepts`: whether a record is an action at all.
  template <class Accepts>
  std::vector<ListRow> rows(const ListContext& context, ListErrors& errors, const Accepts& accepts) const {
    std::vector<ListRow> rows;
    for (std::size_t i = 1; i < records_.size() && !errors.too_many(); ++i)
      if (is_whole(i, errors) && accepts(records_[i].cells)) add_row(i, context, rows, errors);
    return rows;
  }
  std::vector<ListRow> rows(const ListContext& context, ListErrors& errors) const {
    return rows(context, errors, [](const CsvRow&) { return true; });
  }
  const CsvRow& header() const { return records_.front().cells; }
  bool empty() const { return records_.empty(); }

 private:
  bool is_whole(std::size_t record, ListErrors& errors) const;
  void add_row(std::size_t record, const ListContext& context, std::vector<ListRow>& rows,
               ListErrors& errors) const;

  const ListText& list_;
  char separator_;
  std::vector<CsvRecord> records_;
  int path_ = -1, label_ = -1, group_ = -1, split_ = -1, start_ = -1, end_ = -1;
  bool in_frames_ = false;
};

}  // namespace actionflow
