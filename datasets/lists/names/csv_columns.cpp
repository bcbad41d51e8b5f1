#include "datasets/lists/names/csv_columns.h"

#include <array>

#include "base/text/lower_case.h"

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
constexpr std::array kSplit{"split"sv, "subset"sv, "partition"sv};

}  // namespace

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

std::span<const std::string_view> path_columns() { return kPath; }
std::span<const std::string_view> label_columns() { return kLabel; }
std::span<const std::string_view> group_columns() { return kGroup; }
std::span<const std::string_view> split_columns() { return kSplit; }
std::span<const std::string_view> start_columns() { return kStart; }
std::span<const std::string_view> end_columns() { return kEnd; }

}  // namespace actionflow
