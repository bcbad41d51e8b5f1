#include <algorithm>
#include <fstream>

#include "base/remote/remote_file.h"
#include "base/text/lower_case.h"
#include "base/text/natural_order.h"
#include "base/text/remote_name.h"
#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/csv_columns.h"
#include "datasets/lists/names/video_naming.h"
#include "datasets/lists/shard_names.h"
#include "datasets/lists/text/csv_text.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kEnoughToTell = 4096;

std::string first_bytes(const fs::path& list) {
  std::string text(kEnoughToTell, '\0');
  if (is_remote(list.native())) {
    try {
      RemoteFile file(list.string());
      text.resize(file.read(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
    } catch (const SourceError&) {
      return {};  // who reads it will say why
    }
    return text;
  }
  std::ifstream stream(list, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

// The beginning, without a byte order mark and blanks.
std::string beginning(const fs::path& list) {
  const std::string text = first_bytes(list);
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  const std::size_t begin = rest.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  rest.remove_prefix(begin);
  return std::string(rest);
}

bool has(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

DatasetFormat json_format(std::string_view text) {
  if (has(text, "\"database\"")) return DatasetFormat::activitynet;
  const bool studio = has(text, "\"timelinelabels\"") || has(text, "\"annotations\"");
  return studio ? DatasetFormat::label_studio : DatasetFormat::something;
}

DatasetFormat table_format(const std::string& header, bool streams) {
  const CsvRow cells = split_cells(lower_case(header), separator_of(header));
  if (column_of(cells, {"behavior", "behaviour"}) >= 0 &&
      column_of(cells, {"start (s)", "start (seconds)"}) >= 0)
    return DatasetFormat::boris;
  if (column_of(cells, {"start_timestamp"}) >= 0 && column_of(cells, {"stop_timestamp"}) >= 0)
    return DatasetFormat::epic_kitchens;
  const bool timed = streams && column_of(cells, start_columns()) >= 0;
  return timed ? DatasetFormat::csv_times : DatasetFormat::csv;
}

bool names_columns(const std::string& header) {
  return column_of(split_cells(lower_case(header), separator_of(header)), path_columns()) >= 0;
}

// Of the lines that are there as a whole.
bool any_line_holds_times(std::string_view text) {
  for (std::size_t end = text.find('\n'); !text.empty(); end = text.find('\n')) {
    const std::string_view line = trimmed(text.substr(0, end));
    if (end == std::string_view::npos && text.size() > kEnoughToTell / 2) return false;
    const std::size_t blank = line.find_first_of(" \t");
    const bool video = without_video_suffix(std::string(line.substr(0, blank))).size() < blank;
    if (blank != std::string_view::npos && video && holds_times(line)) return true;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return false;
}

bool holds_hmdb51_lists(const fs::path& folder) {
  const std::vector<fs::path> lists = files_of(folder, ".txt");
  return std::any_of(lists.begin(), lists.end(),
                     [](const fs::path& list) { return has(list.filename().native(), "_test_split"); });
}

// "trainlist01.txt"; one without a number may be anybody's.
bool named_as_ucf101(const fs::path& list) {
  if (list.extension() != ".txt") return false;
  const std::string name = list.stem().string();
  for (const std::string_view begin : {"trainlist", "vallist", "testlist"}) {
    if (!name.starts_with(begin)) continue;
    const std::string_view number = std::string_view(name).substr(begin.size());
    return is_number(number) || (number.empty() && holds_plain_ucf101_lists(list.parent_path()));
  }
  return false;
}

bool holds_files(const fs::path& folder, std::string_view suffix) {
  return !files_of(folder, suffix).empty();
}

DatasetFormat folder_format(const fs::path& folder) {
  if (holds_hmdb51_lists(folder)) return DatasetFormat::hmdb51;
  if (!folders_in(folder).empty()) return DatasetFormat::folders;
  if (naming_of(loose_videos(folder)) != nullptr) return DatasetFormat::named;
  if (holds_files(folder, ".eaf")) return DatasetFormat::elan;
  if (holds_files(folder, "_val.txt") || holds_files(folder, "_test.txt")) return DatasetFormat::thumos14;
  return holds_files(folder, ".txt") ? DatasetFormat::audacity : DatasetFormat::folders;
}

using TextReader = std::vector<ListRow> (*)(const ListText& list, const ListContext& context,
                                            ListErrors& errors);

template <TextReader reader>
std::vector<ListRow> of_text(const fs::path& list, const ListContext& context, ListErrors& errors) {
  const std::size_t errors_before = errors.count();
  const ListText text(list, errors);
  return errors.count() > errors_before ? std::vector<ListRow>() : reader(text, context, errors);
}

}  // namespace

bool holds_plain_ucf101_lists(const fs::path& folder) {
  if (is_there(folder / "classInd.txt")) return true;
  for (const char* name : {"trainlist.txt", "vallist.txt", "testlist.txt"}) {
    const std::string line = is_there(folder / name) ? first_line(folder / name) : std::string();
    if (line.find('/') != std::string::npos && line.find_first_of(" \t") == std::string::npos) return true;
  }
  return false;
}

DatasetFormat format_of(const fs::path& list, bool streams) {
  if (names_shards(list.native())) return DatasetFormat::shards;
  if (is_remote(list.native()) && list.native().ends_with('/')) return DatasetFormat::folders;
  if (is_folder(list)) return folder_format(list);
  if (list.extension() == ".eaf") return DatasetFormat::elan;
  if (named_as_ucf101(list)) return DatasetFormat::ucf101;
  const std::string text = beginning(list);
  const std::string line(header_line(text));
  if (line.starts_with('[') || line.starts_with('{')) return json_format(text);
  if (list.extension() == ".tsv") return table_format(line, streams);
  const bool csv = list.extension() == ".csv";
  if (csv && (has(line, ",") || names_columns(line))) return table_format(line, streams);
  if (csv && has(line, ";")) return DatasetFormat::jester;
  return any_line_holds_times(text) ? DatasetFormat::times : DatasetFormat::list;
}

RowReader row_reader(DatasetFormat format) {
  switch (format) {
    case DatasetFormat::csv:
      return of_text<csv_rows>;
    case DatasetFormat::folders:
      return folder_rows;
    case DatasetFormat::named:
      return named_rows;
    case DatasetFormat::ucf101:
      return of_text<ucf101_rows>;
    case DatasetFormat::hmdb51:
      return hmdb51_rows;
    case DatasetFormat::jester:
      return of_text<jester_rows>;
    case DatasetFormat::something:
      return of_text<something_rows>;
    case DatasetFormat::times:
      return of_text<times_rows>;
    case DatasetFormat::csv_times:
      return of_text<csv_times_rows>;
    case DatasetFormat::activitynet:
      return of_text<activitynet_rows>;
    case DatasetFormat::thumos14:
      return thumos14_rows;
    case DatasetFormat::epic_kitchens:
      return of_text<epic_kitchens_rows>;
    case DatasetFormat::elan:
      return elan_rows;
    case DatasetFormat::boris:
      return of_text<boris_rows>;
    case DatasetFormat::label_studio:
      return of_text<label_studio_rows>;
    case DatasetFormat::shards:
      return shard_rows;
    case DatasetFormat::audacity:
      return audacity_rows;
    default:
      return of_text<text_rows>;
  }
}

}  // namespace actionflow
