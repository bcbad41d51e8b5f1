#include "datasets/lists/csv_columns.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace actionflow {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::array kStart{"time_start"sv, "start_time"sv,      "start"sv,
                            "begin"sv,      "start_timestamp"sv, "start (s)"sv};
constexpr std::array kEnd{"time_end"sv, "end_time"sv, "end"sv, "stop"sv, "stop_timestamp"sv, "stop (s)"sv};
constexpr std::array kPath{"path"sv,     "video_path"sv, "file_path"sv,  "filepath"sv,   "file"sv,
                           "filename"sv, "file_name"sv,  "video"sv,      "video_name"sv, "clip"sv,
                           "name"sv,     "id"sv,         "youtube_id"sv, "video_id"sv};
constexpr std::array kLabel{"label"sv,    "class"sv,  "class_name"sv, "label_name"sv, "action"sv,
                            "category"sv, "target"sv, "label_id"sv,   "class_id"sv};
constexpr std::array kGroup{"group"sv, "person"sv, "subject"sv,       "actor"sv,
                            "scene"sv, "source"sv, "participant_id"sv};

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

int column_of(const CsvRow& header, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (lower_case(header[i]) == name) return static_cast<int>(i);
    }
  }
  return -1;
}

int column_of(const CsvRow& header, std::initializer_list<std::string_view> names) {
  return column_of(header, std::span(names.begin(), names.size()));
}

std::string cell_of(const CsvRow& row, int column) {
  return column < 0 ? std::string() : row[static_cast<std::size_t>(column)];
}

std::optional<ListSplit> split_of(std::string_view written) {
  const std::string word = lower_case(written);
  if (word.starts_with("train")) return ListSplit::train;
  if (word.starts_with("val")) return ListSplit::val;
  if (word.starts_with("test")) return ListSplit::test;
  return std::nullopt;
}

bool belongs_to(std::string_view written, ListSplit split) {
  const std::optional<ListSplit> named = split_of(written);
  return split == ListSplit::unknown || !named || *named == split;
}

std::span<const std::string_view> path_columns() { return kPath; }
std::span<const std::string_view> label_columns() { return kLabel; }
std::span<const std::string_view> group_columns() { return kGroup; }
std::span<const std::string_view> start_columns() { return kStart; }
std::span<const std::string_view> end_columns() { return kEnd; }

}  // namespace actionflow
