// ActivityNet's JSON, which many other datasets use: http://activity-net.org.
#include <fmt/format.h>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/names/csv_columns.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/action_times.h"
#include "datasets/lists/text/json_list.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

constexpr double kRounded = 0.5;  // seconds that a segment may reach beyond its video

std::string text_at(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_segment(const nlohmann::json& segment) {
  return segment.is_array() && segment.size() == 2 && segment[0].is_number() && segment[1].is_number();
}

void add_action(const nlohmann::json& annotation, const nlohmann::json& video, ListRow row,
                std::vector<ListRow>& rows, ListErrors& errors) {
  const nlohmann::json segment =
      annotation.is_object() ? annotation.value("segment", nlohmann::json()) : nlohmann::json();
  const std::string label = annotation.is_object() ? text_at(annotation, "label") : std::string();
  if (!is_segment(segment) || label.empty()) {
    errors.add(row.place, "is no annotation, expected {\"label\": …, \"segment\": [start, end]}");
    return;
  }
  row.label = label;
  row.when = span_of("action", segment[0].get<double>(), segment[1].get<double>(), row.place, errors);
  const auto duration = video.find("duration");
  const bool known = duration != video.end() && duration->is_number();
  if (row.when && known && row.when->end > duration->get<double>() + kRounded) {
    errors.add(row.place,
               fmt::format("the action from {:g} to {:g} s lies beyond the video's duration, {:g} s",
                           row.when->begin, row.when->end, duration->get<double>()));
    return;
  }
  if (row.when) rows.push_back(std::move(row));
}

}  // namespace

std::vector<ListRow> activitynet_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  const std::size_t errors_before = errors.count();
  const nlohmann::json json = parse_json_list(list, errors);
  if (errors.count() > errors_before) return rows;
  const nlohmann::json database =
      json.is_object() ? json.value("database", nlohmann::json()) : nlohmann::json();
  if (!database.is_object()) {
    errors.add(list.file().string(), "has no database, expected {\"database\": {ID: {\"annotations\": …}}}");
    return rows;
  }
  bool annotated = false;
  for (const auto& [id, video] : database.items()) {
    if (errors.too_many()) break;
    const std::string place = fmt::format("{}: {}", list.file().string(), id);
    if (!video.is_object()) {
      errors.add(place, "is no video, expected {\"subset\": …, \"annotations\": […]}");
      continue;
    }
    if (!belongs_to(text_at(video, "subset"), context.split, place, errors)) continue;
    ListRow row{place, id, {}, std::nullopt, {}};
    row.other_name = "v_" + id;
    row.timed = context.split != ListSplit::unknown;
    rows.push_back(row);
    const nlohmann::json annotations = video.value("annotations", nlohmann::json::array());
    for (std::size_t i = 0; i < annotations.size() && row.timed; ++i) {
      annotated = true;
      row.place = fmt::format("{}, annotation {}", place, i + 1);
      add_action(annotations[i], video, row, rows, errors);
    }
  }
  if (!annotated && !rows.empty() && context.split != ListSplit::unknown)
    errors.add(list.file().string(), "no video of this split has annotations, expected some");
  return rows;
}

}  // namespace actionflow
