#include <algorithm>
#include <fstream>

#include "datasets/lists/list_format.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kEnoughToTell = 4096;

// The first line that holds something.
std::string first_line(const fs::path& list) {
  std::ifstream stream(list, std::ios::binary);
  std::string text(kEnoughToTell, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  const std::size_t begin = rest.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  rest.remove_prefix(begin);
  return std::string(rest.substr(0, rest.find('\n')));
}

bool holds_hmdb51_lists(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.find("_test_split") != std::string::npos && name.ends_with(".txt")) return true;
  }
  return false;
}

bool named_as_ucf101(const std::string& name) {
  const auto numbered = [&](std::string_view begin) {
    const std::size_t digits = name.size() - std::string_view(".txt").size() - begin.size();
    return name.starts_with(begin) && name.ends_with(".txt") && name.size() > begin.size() + 4 &&
           is_number(std::string_view(name).substr(begin.size(), digits));
  };
  return numbered("trainlist") || numbered("testlist");
}

}  // namespace

DatasetFormat format_of(const fs::path& list) {
  std::error_code ignored;
  if (fs::is_directory(list, ignored))
    return holds_hmdb51_lists(list) ? DatasetFormat::hmdb51 : DatasetFormat::folders;
  if (named_as_ucf101(list.filename().string())) return DatasetFormat::ucf101;
  const std::string line = first_line(list);
  if (line.starts_with('[') || line.starts_with('{')) return DatasetFormat::something;
  const bool csv = list.extension() == ".csv";
  if (csv && line.find(';') != std::string::npos) return DatasetFormat::jester;
  return csv && line.find(',') != std::string::npos ? DatasetFormat::csv : DatasetFormat::list;
}

}  // namespace actionflow
