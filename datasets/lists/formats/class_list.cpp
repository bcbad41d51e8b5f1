#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text/utf8.h"
#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/text/json_list.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!is_number(text) || bad != std::errc()) return std::nullopt;
  return number;
}

void check_names(const std::vector<std::string>& names, const std::string& file, ListErrors& errors) {
  std::map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) errors.add(file, fmt::format("class {} has no name", i));
    if (!is_utf8(names[i])) errors.add(file, fmt::format("class {} is not UTF-8, expected text in UTF-8", i));
    const auto [at, added] = seen.emplace(names[i], i);
    if (!added)
      errors.add(file, fmt::format("class {} is '{}', which class {} is already", i, names[i], at->second));
  }
  if (names.empty()) errors.add(file, "holds no class, expected a name a line");
  if (names.size() > kMostClasses)
    errors.add(file, fmt::format("holds {} classes, expected at most {}", names.size(), kMostClasses));
}

ClassList from_json(const ListText& list, ListErrors& errors) {
  const nlohmann::json json = parse_json_list(list, errors);
  std::map<int, std::string> numbered;
  std::vector<std::string> names;
  if (!json.is_array() && !json.is_object()) return {};
  if (json.is_array()) {
    for (const auto& item : json) names.push_back(item.is_string() ? item.get<std::string>() : "");
    return ClassList(names);
  }
  for (const auto& [name, value] : json.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    const std::optional<int> number = number_of(text);
    if (!number || static_cast<std::size_t>(*number) >= json.size()) {
      errors.add(list.file().string(),
                 fmt::format("class '{}' has the number {}, expected 0 to {}", name, text, json.size() - 1));
    } else if (!numbered.emplace(*number, name).second) {
      errors.add(list.file().string(), fmt::format("two classes have the number {}", *number));
    }
  }
  for (auto& [number, name] : numbered) names.push_back(std::move(name));
  return ClassList(names);
}

// A map, or a list of strings; a plain list's first class may begin with a bracket too.
bool is_json(std::string_view text) {
  constexpr const char* kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  if (!text.starts_with('[')) return text.starts_with('{');
  const std::size_t inside = text.find_first_not_of(kBlanks, 1);
  return inside != std::string_view::npos && text[inside] == '"';
}

ClassList from_numbered(const ListText& list, const std::vector<ListLine>& lines, int first_number,
                        ListErrors& errors) {
  std::vector<std::string> names;
  for (const ListLine& line : lines) {
    const std::size_t blank = std::min(line.text.find_first_of(" \t"), line.text.size());
    const std::optional<int> number = number_of(line.text.substr(0, blank));
    if (!number || *number != static_cast<int>(names.size()) + 1)
      errors.add(list.place(line.number),
                 fmt::format("'{}', expected '{} NAME'", line.text, names.size() + 1));
    names.emplace_back(trimmed(line.text.substr(blank)));
  }
  return ClassList(std::move(names), first_number);
}

}  // namespace

ClassList::ClassList(std::vector<std::string> names, int first_number)
    : names_(std::move(names)), first_number_(first_number) {
  for (std::size_t i = 0; i < names_.size(); ++i) index_.emplace(names_[i], static_cast<int>(i));
}

std::optional<int> ClassList::by_name(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<int> ClassList::find(std::string_view label) const {
  if (const std::optional<int> named = by_name(label)) return named;
  const std::optional<int> number = number_of(label);
  if (!number || *number < first_number_ || *number - first_number_ >= static_cast<int>(names_.size()))
    return std::nullopt;
  return *number - first_number_;
}

std::string ClassList::expected() const {
  if (empty()) return "a class's name or number";
  return fmt::format("{} to {}, or a class's name", first_number_,
                     first_number_ + static_cast<int>(names_.size()) - 1);
}

ClassList read_class_list(const std::filesystem::path& file, DatasetFormat format, ListErrors& errors) {
  const std::size_t errors_before = errors.count();
  const ListText list(file, errors);
  if (errors.count() > errors_before) return {};
  ClassList classes;
  if (is_json(list.text())) {
    classes = from_json(list, errors);
  } else {
    const std::vector<ListLine> lines = list.lines(errors);
    const bool ucf101 = format == DatasetFormat::ucf101;
    if (ucf101 || file.filename() == "classInd.txt") {
      classes = from_numbered(list, lines, ucf101 ? 1 : 0, errors);
    } else {
      std::vector<std::string> names;
      names.reserve(lines.size());
      for (const ListLine& line : lines) names.emplace_back(line.text);
      classes = ClassList(std::move(names));
    }
  }
  if (errors.count() == errors_before) check_names(classes.names(), file.string(), errors);
  return classes;
}

}  // namespace actionflow
