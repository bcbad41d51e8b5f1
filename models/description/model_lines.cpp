#include "models/description/model_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace actionflow {
namespace {

std::string print_line(const ModelLine& line, const std::string& before) {
  std::string text = fmt::format("  - {{layer: {}, name: {}", line.layer, print_name(line.name));
  if (line.from.size() > 1) {
    std::vector<std::string> names;
    for (const std::string& name : line.from) names.push_back(print_name(name));
    text += fmt::format(", from: [{}]", fmt::join(names, ", "));
  } else if (line.from.front() != before) {
    text += fmt::format(", from: {}", print_name(line.from.front()));
  }
  for (const auto& [key, value] : line.options) text += fmt::format(", {}: {}", key, value);
  return text + "}\n";
}

}  // namespace

std::string print_name(const std::string& name) {
  static const std::set<std::string> kWords{
      "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no",
      "No",   "NO",   "on",   "On",   "ON",   "off",  "Off",   "OFF",   "y",     "Y",   "n",   "N"};
  const bool plain = std::isalpha(static_cast<unsigned char>(name.front())) != 0 && !kWords.contains(name);
  return plain ? name : fmt::format("\"{}\"", name);
}

std::string print_layers(const std::vector<ModelLine>& lines) {
  std::string text = "layers:\n";
  std::string before = kInputName;
  for (const ModelLine& line : lines) {
    text += print_line(line, before);
    before = line.name;
  }
  return text;
}

std::string print_unprepared_input(std::int64_t channels, std::int64_t frames, std::int64_t height,
                                   std::int64_t width) {
  const bool picture = channels == 1 || channels == 3;
  const std::string color = picture ? fmt::format("color: {}, ", channels == 1 ? "gray" : "rgb") : "";
  return fmt::format(
      "input: {{channels: {}, frames: {}, frame_rate: 10, height: {}, width: {}, {}range: 1}}\n", channels,
      frames, height, width, color);
}

std::string layer_name_from(std::string_view name, std::string_view also) {
  constexpr std::size_t kLongest = 180;
  std::string ours(name.substr(0, kLongest));
  std::replace_if(
      ours.begin(), ours.end(),
      [&](unsigned char c) {
        const auto character = static_cast<char>(c);
        return std::isalnum(c) == 0 && std::string_view("_-/").find(character) == std::string_view::npos &&
               also.find(character) == std::string_view::npos;
      },
      '_');
  if (ours.empty() || ours == kInputName) ours += '_';
  return ours;
}

void name_classes(std::vector<ModelLine>& lines) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line->layer != "dense") continue;
    for (auto& [key, value] : line->options) {
      if (key == "units") value = "classes";
    }
    return;
  }
}

}  // namespace actionflow
