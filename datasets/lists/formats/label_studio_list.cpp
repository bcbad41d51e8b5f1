// Label Studio's JSON export of timeline labels: https://labelstud.io.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/action_times.h"
#include "datasets/lists/text/json_list.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

using Json = nlohmann::json;

const Json& at(const Json& object, const char* key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

// An uploaded file is kept as "0a1b2c3d-film.mp4", a local one is "…?d=folder/film.mp4".
std::string video_name(const std::string& written) {
  const std::size_t query = written.rfind("?d=");
  std::string name = last_name(query == std::string::npos ? written : written.substr(query + 3));
  constexpr std::size_t kDigits = 8;
  const bool uploaded = name.size() > kDigits + 1 && name[kDigits] == '-' &&
                        std::all_of(name.begin(), name.begin() + kDigits,
                                    [](unsigned char c) { return std::isxdigit(c) != 0; });
  return uploaded && query == std::string::npos ? name.substr(kDigits + 1) : name;
}

std::string video_of(const Json& task) {
  const Json& data = at(task, "data");
  if (at(data, "video").is_string()) return video_name(at(data, "video").get<std::string>());
  if (!data.is_object()) return {};
  for (const auto& [key, value] : data.items())
    if (value.is_string()) return video_name(value.get<std::string>());
  return {};
}

void add_actions(const Json& value, const ListContext& context, const ListRow& video,
                 std::vector<ListRow>& rows, ListErrors& errors) {
  for (const Json& range : at(value, "ranges")) {
    const Json &first = at(range, "start"), &last = at(range, "end");
    if (!first.is_number() || !last.is_number()) {
      errors.add(video.place, "has a range without a start and an end, expected frames counted from 1");
      return;
    }
    const auto when = span_of_frames(first.get<double>() - 1, last.get<double>() - 1,
                                     context.options.annotation_rate, video.place, errors);
    if (!when) return;
    for (const Json& label : at(value, "timelinelabels")) {
      if (!label.is_string()) continue;
      ListRow row = video;
      row.when = when;
      row.label = label.get<std::string>();
      rows.push_back(std::move(row));
    }
  }
}

// What the first annotator said who did not withdraw it.
const Json& results_of(const Json& task) {
  static const Json none;
  for (const Json& annotation : at(task, "annotations"))
    if (at(annotation, "was_cancelled") != true) return at(annotation, "result");
  return none;
}

}  // namespace

std::vector<ListRow> label_studio_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  const std::size_t errors_before = errors.count();
  const Json tasks = parse_json_list(list, errors);
  if (errors.count() > errors_before) return rows;
  if (!tasks.is_array()) {
    errors.add(list.file().string(), "is no JSON list, expected Label Studio's export as JSON");
    return rows;
  }
  for (std::size_t i = 0; i < tasks.size() && !errors.too_many(); ++i) {
    ListRow row{
        fmt::format("{}: task {}", list.file().string(), i + 1), video_of(tasks[i]), {}, std::nullopt, {}};
    if (row.name.empty()) {
      errors.add(row.place, "names no video, expected {\"data\": {\"video\": …}, \"annotations\": …}");
      continue;
    }
    row.timed = context.split != ListSplit::unknown;
    rows.push_back(row);
    for (const Json& result : results_of(tasks[i]))
      if (row.timed) add_actions(at(result, "value"), context, row, rows, errors);
  }
  return rows;
}

}  // namespace actionflow
