#include "nodes/outputs/output_blocks.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "datasets/lists/text/csv_text.h"
#include "nodes/outputs/csv_output.h"
#include "nodes/outputs/event_page.h"
#include "nodes/outputs/event_page_head.h"

namespace actionflow {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

class Blocks {
 public:
  explicit Blocks(const fs::path& file) : file_(file) {}

  OutputBlock& of(const std::string& stream) {
    const auto [place, added] = places_.try_emplace(stream, list_.size());
    return added ? list_.emplace_back(OutputBlock{stream, {}, false}) : list_[place->second];
  }
  [[noreturn]] void refuse(const std::string& why) const {
    throw UsageError(file_.string() + ": " + why +
                     "; expected what --output wrote there before, or no file of that name");
  }
  std::vector<OutputBlock> take() { return std::move(list_); }

 private:
  const fs::path& file_;
  std::vector<OutputBlock> list_;
  std::map<std::string, std::size_t> places_;
};

std::vector<OutputBlock> csv_blocks(const fs::path& file, const std::string& text) {
  Blocks blocks(file);
  if (!text.starts_with(kCsvHeader))
    blocks.refuse("does not begin with " + std::string(kCsvHeader, 0, 12) + "…");
  ListErrors errors;
  const ListText list(file, text);
  std::vector<CsvRecord> records = csv_records(list, errors);
  if (errors.any() && text.ends_with('\n')) blocks.refuse("is no table");
  std::string last;
  for (std::size_t i = 1; i < records.size(); ++i) {
    const std::vector<std::string>& cells = records[i].cells;
    last = cells.front();
    OutputBlock& block = blocks.of(last);
    if (block.text.empty()) block.done = true;
    if (cells.size() != kCsvColumns || !cells.back().empty()) block.done = false;
    if (cells.size() != kCsvColumns) continue;  // torn
    for (std::size_t c = 0; c < cells.size(); ++c) block.text += (c > 0 ? "," : "") + csv_cell(cells[c]);
    block.text += "\n";
  }
  if (!text.ends_with('\n')) blocks.of(last).done = false;
  return blocks.take();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0, end = text.find('\n'); end != std::string::npos;
       at = end + 1, end = text.find('\n', at))
    lines.push_back(text.substr(at, end - at));
  return lines;
}

std::vector<OutputBlock> json_blocks(const fs::path& file, const std::string& text) {
  Blocks blocks(file);
  for (const std::string& line : lines_of(text)) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("type")) blocks.refuse("is no list of results");
    if (!json.contains("stream") || !json["stream"].is_string()) continue;  // a summary
    OutputBlock& block = blocks.of(json["stream"].get<std::string>());
    block.text += line + "\n";
    if (json["type"] == "stream") block.done = !json.contains("error");
  }
  return blocks.take();
}

std::vector<OutputBlock> page_blocks(const fs::path& file, const std::string& text) {
  Blocks blocks(file);
  if (!text.starts_with(kPageMark)) blocks.refuse("is no page of results");
  for (const std::string& line : lines_of(text)) {
    if (!line.starts_with(kPageLineBegin)) continue;
    const std::size_t end = line.rfind("</script>");
    if (end == std::string::npos) continue;
    const Json json =
        Json::parse(line.substr(kPageLineBegin.size(), end - kPageLineBegin.size()), nullptr, false);
    if (!json.is_object() || !json.contains("stream") || !json["stream"].is_string()) continue;
    OutputBlock& block = blocks.of(json["stream"].get<std::string>());
    block.text = line + "\n";
    block.done = !json.contains("error");
  }
  return blocks.take();
}

}  // namespace

std::vector<OutputBlock> read_output_blocks(const fs::path& file) {
  std::error_code unknown;
  if (!fs::is_regular_file(file, unknown)) return {};  // a device or a pipe may have no end
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {};
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  // Where a run was killed (LineOutput::commit).
  text.resize(std::min(text.size(), text.find('\0')));
  if (text.empty()) return {};
  const std::string suffix = file.extension().string();
  if (suffix == ".csv") return csv_blocks(file, text);
  return suffix == ".html" ? page_blocks(file, text) : json_blocks(file, text);
}

}  // namespace actionflow
