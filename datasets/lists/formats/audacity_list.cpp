// Label tracks of Audacity, one a video: "start<tab>end<tab>label" lines.
#include <fmt/format.h>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/action_times.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

void add_line(const ListLine& line, const ListRow& video, std::vector<ListRow>& rows, ListErrors& errors) {
  constexpr const char* kBlanks = " \t";
  const std::string_view text = line.text;
  const std::size_t first = std::min(text.find_first_of(kBlanks), text.size());
  const std::string_view rest = trimmed(text.substr(first));
  const std::size_t second = std::min(rest.find_first_of(kBlanks), rest.size());
  ListRow row = video;
  const std::string_view label = trimmed(rest.substr(second));
  if (!label.empty()) row.label = std::string(label);
  row.when = span_of("action", text.substr(0, first), rest.substr(0, second), row.place, errors);
  if (row.when) rows.push_back(std::move(row));
}

}  // namespace

std::vector<ListRow> audacity_rows(const fs::path& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  for (const fs::path& file : files_of(list, ".txt")) {
    const std::size_t errors_before = errors.count();
    const ListText text(file, errors);
    if (errors.count() > errors_before) continue;
    ListRow video{file.string(), file.stem().string(), {}, std::nullopt, {}};
    video.timed = context.split != ListSplit::unknown;
    rows.push_back(video);
    for (const ListLine& line : text.lines(errors)) {
      // Such a line tells the frequencies of the label before.
      if (line.text.starts_with('\\') || !video.timed) continue;
      video.place = text.place(line.number);
      add_line(line, video, rows, errors);
    }
  }
  return rows;
}

}  // namespace actionflow
