// THUMOS14's temporal annotations: http://crcv.ucf.edu/THUMOS14.
#include <fmt/format.h>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/action_times.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

// "video_validation_0000690  1.7 3.2" a line.
void add_file(const ListText& list, const std::string& label, const ListContext& context,
              std::vector<ListRow>& rows, ListErrors& errors) {
  constexpr const char* kBlanks = " \t";
  for (const ListLine& line : list.lines(errors)) {
    const std::string_view text = line.text;
    const std::size_t first = text.find_first_of(kBlanks), last = text.find_last_of(kBlanks);
    ListRow row{list.place(line.number), std::string(text.substr(0, first)), {}, std::nullopt, {}};
    if (first == last) {
      errors.add(row.place, "expected a video's name, a start and an end");
      continue;
    }
    row.timed = context.split != ListSplit::unknown;
    row.ambiguous = label == "Ambiguous";
    if (!row.ambiguous) row.label = label;
    row.when = span_of("action", trimmed(text.substr(first, last - first)), text.substr(last + 1), row.place,
                       errors);
    if (row.when) rows.push_back(std::move(row));
  }
}

}  // namespace

std::vector<ListRow> thumos14_rows(const fs::path& folder, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  std::string ending = context.split == ListSplit::test ? "_test.txt" : "_val.txt";
  std::vector<fs::path> files = files_of(folder, ending);
  if (files.empty()) {
    ending = ending == "_val.txt" ? "_test.txt" : "_val.txt";
    files = files_of(folder, ending);
  }
  if (files.empty()) errors.add(folder.string(), "holds no CLASS_val.txt and no CLASS_test.txt");
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    const std::size_t errors_before = errors.count();
    const ListText list(file, errors);
    if (errors.count() > errors_before) continue;
    const std::string label =
        name.ends_with(ending) ? name.substr(0, name.size() - ending.size()) : file.stem().string();
    add_file(list, label, context, rows, errors);
  }
  return rows;
}

}  // namespace actionflow
