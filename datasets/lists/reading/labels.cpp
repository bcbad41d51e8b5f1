#include "datasets/lists/reading/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text/utf8.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

// The labels in "0,2": what stands between separators, where something stands there.
std::vector<std::string> label_parts(std::string_view text) {
  constexpr std::string_view kSeparators = ",|;";
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kSeparators), text.size());
    if (const std::string_view part = trimmed(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// What a row says of the classes, where nothing else names them. Several labels are joined in a `list`;
// elsewhere a class's own name may hold a comma, so that only numbers are surely several.
std::vector<std::string> inferred_names(DatasetFormat format, const ListRow& row, ListErrors& errors) {
  std::vector<std::string> parts = label_parts(*row.label);
  if (format == DatasetFormat::list || std::all_of(parts.begin(), parts.end(), is_number)) return parts;
  if (format == DatasetFormat::csv && parts.size() > 1)
    errors.add(row.place,
               fmt::format("label '{}' may be one class or {}, name data.classes", *row.label, parts.size()));
  return {*row.label};
}

// "0", "1", …: as many as the greatest of these says.
std::vector<std::string> numbered_classes(const std::filesystem::path& list,
                                          const std::vector<std::string>& labels, ListErrors& errors) {
  std::size_t count = 0;
  for (const std::string& label : labels) {
    const std::size_t number = label.size() > 6 ? kMostClasses : std::stoul(label);
    if (number >= kMostClasses)
      errors.add(list.string(),
                 fmt::format("label {} is no number of a class, expected less than {}", label, kMostClasses));
    else
      count = std::max(count, number + 1);
  }
  std::vector<std::string> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = std::to_string(i);
  return numbers;
}

}  // namespace

ClassList inferred_classes(const std::filesystem::path& list, DatasetFormat format,
                           const std::vector<ListRow>& rows, ListErrors& errors) {
  if (rows.empty()) return {};
  std::set<std::string> names;
  for (const ListRow& row : rows) {
    if (!row.label) continue;
    for (const std::string& name : inferred_names(format, row, errors)) {
      if (names.insert(name).second && !is_utf8(name))
        errors.add(row.place, "the label is not UTF-8, expected text in UTF-8");
    }
  }
  std::vector<std::string> sorted(names.begin(), names.end());
  const bool numbers = std::all_of(sorted.begin(), sorted.end(), is_number);
  return ClassList(numbers ? numbered_classes(list, sorted, errors) : std::move(sorted));
}

std::vector<int> row_labels(const ListRow& row, const ClassList& classes, ListErrors& errors) {
  const auto refuse = [&](const std::string& label) {
    const std::string near = is_number(label) ? "" : config::did_you_mean(label, classes.names());
    errors.add(row.place, fmt::format("label is '{}', expected {}{}", label, classes.expected(),
                                      near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  };
  if (const std::optional<int> whole = classes.find(*row.label)) return {*whole};
  const std::vector<std::string> parts = label_parts(*row.label);
  if (parts.empty()) refuse(*row.label);
  std::vector<int> labels;
  for (const std::string& part : parts) {
    if (const std::optional<int> label = classes.find(part))
      labels.push_back(*label);
    else
      refuse(part);
  }
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

}  // namespace actionflow
