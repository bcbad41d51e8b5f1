#include "datasets/streams/sequence_sheet.h"

#include <fmt/format.h>

#include <algorithm>

namespace actionflow {

namespace {

std::string row_title(const StreamSequence& sequence, const std::vector<std::string>& classes, double from,
                      double to) {
  std::string title = fmt::format("{}, {:.1f} to {:.1f} s:", sequence.name, from, to);
  std::string separator = " ";
  for (const TimedAction& action : sequence.actions) {
    if (action.end <= from || action.start >= to) continue;
    const std::string name = action.label < 0 ? "(none)" : classes[static_cast<std::size_t>(action.label)];
    title += fmt::format("{}{} {:.1f} to {:.1f} s", separator, name, action.start, action.end);
    separator = ", ";
  }
  return title;
}

}  // namespace

std::vector<SheetRow> sequence_rows(const StreamSequence& sequence, const std::vector<std::string>& classes,
                                    int samples_a_row) {
  std::vector<SheetRow> rows;
  const std::size_t count = sequence.samples.size(), most = static_cast<std::size_t>(samples_a_row);
  for (std::size_t first = 0; first < count; first += most) {
    const std::size_t last = std::min(count, first + most);
    SheetRow row;
    row.title = row_title(sequence, classes, static_cast<double>(first) * sequence.interval,
                          static_cast<double>(last) * sequence.interval);
    row.changed.assign(sequence.samples.begin() + static_cast<std::ptrdiff_t>(first),
                       sequence.samples.begin() + static_cast<std::ptrdiff_t>(last));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace actionflow
