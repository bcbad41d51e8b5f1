#include "nodes/outputs/csv_output.h"

#include <fmt/format.h>

#include "base/text/utf8.h"

namespace actionflow {

std::string csv_cell(const std::string& content) {
  const std::string text = printable(content);
  if (text.find_first_of(",\"") == std::string::npos && !text.starts_with(' ') && !text.ends_with(' '))
    return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

std::string csv_rows(const StreamEnd& end, const std::vector<FoundAction>& actions) {
  const std::string video = csv_cell(end.stream);
  std::string rows;
  for (const FoundAction& action : actions) {
    rows += fmt::format("{},{:.3f},{:.3f},{},{:.4f},\n", video, action.start, action.end,
                        csv_cell(action.label), action.score);
  }
  if (end.error || actions.empty())
    rows += fmt::format("{},,,,,{}\n", video, csv_cell(end.error.value_or("")));
  return rows;
}

}  // namespace actionflow
