#include <fmt/format.h>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

struct Cut {
  std::string_view name, label;
};

// The label is the line's last word, or, where the classes are known, the longest ending that is one's name.
Cut cut_line(std::string_view line, const ClassList& classes) {
  constexpr const char* kBlanks = " \t";
  for (std::size_t at = line.find_first_of(kBlanks); at != std::string_view::npos && !classes.empty();
       at = line.find_first_of(kBlanks, at + 1)) {
    const std::string_view ending = line.substr(at + 1);
    if (classes.by_name(ending)) return {trimmed(line.substr(0, at)), ending};
  }
  const std::size_t last = line.find_last_of(kBlanks);
  if (last == std::string_view::npos) return {line, {}};
  return {trimmed(line.substr(0, last)), line.substr(last + 1)};
}

// A video's folder, where that is its class's.
std::optional<std::string> class_of_folder(std::string_view name, const ClassList& classes) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view folder = name.substr(0, slash);
  if (!classes.empty() && !classes.by_name(folder)) return std::nullopt;
  return std::string(folder);
}

}  // namespace

std::vector<ListRow> text_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  for (const ListLine& line : list.lines(errors)) {
    ListRow row{list.place(line.number), std::string(line.text), {}, std::nullopt, {}};
    if (context.split != ListSplit::unknown) {
      const Cut cut = cut_line(line.text, context.classes);
      row.name = cut.name;
      if (!cut.label.empty()) row.label = std::string(cut.label);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ListRow> ucf101_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  for (const ListLine& line : list.lines(errors)) {
    const std::size_t blank = line.text.find_last_of(" \t");
    const bool numbered = blank != std::string_view::npos && is_number(line.text.substr(blank + 1));
    const std::string_view name = numbered ? trimmed(line.text.substr(0, blank)) : line.text;
    ListRow row{list.place(line.number), std::string(name), {}, class_of_folder(name, context.classes), {}};
    // Without classInd.txt a number says less than the folder.
    if (numbered && !(context.classes.empty() && row.label)) {
      const std::string number(line.text.substr(blank + 1));
      const std::optional<int> told = context.classes.find(number);
      const std::optional<int> lies = row.label ? context.classes.by_name(*row.label) : std::nullopt;
      if (told && lies && told != lies)
        errors.add(row.place,
                   fmt::format("label is {}, which is '{}', but the video lies in {}/", number,
                               context.classes.names()[static_cast<std::size_t>(*told)], *row.label));
      row.label = number;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ListRow> jester_rows(const ListText& list, const ListContext&, ListErrors& errors) {
  std::vector<ListRow> rows;
  for (const ListLine& line : list.lines(errors)) {
    const std::size_t mark = line.text.find(';');
    ListRow row{
        list.place(line.number), std::string(trimmed(line.text.substr(0, mark))), {}, std::nullopt, {}};
    if (mark != std::string_view::npos) {
      const std::string_view label = trimmed(line.text.substr(mark + 1));
      if (!label.empty()) row.label = std::string(label);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace actionflow
