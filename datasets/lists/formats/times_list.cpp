#include <algorithm>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/action_times.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

constexpr const char* kBlanks = " \t";

struct TimesCut {
  std::string_view name, start, end, label;
};

// A line's words, and where each begins.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

// All ways to read the line as `path start end label`; a path and a label may hold numbers.
std::vector<TimesCut> cuts_of(std::string_view line) {
  std::vector<TimesCut> cuts;
  const std::vector<std::string_view> words = words_of(line);
  const auto begin_of = [&](std::size_t i) {
    return static_cast<std::size_t>(words[i].data() - line.data());
  };
  for (std::size_t i = 1; i + 2 < words.size(); ++i) {
    if (!seconds_of(words[i]) || !seconds_of(words[i + 1])) continue;
    cuts.push_back({trimmed(line.substr(0, begin_of(i))), words[i], words[i + 1],
                    trimmed(line.substr(begin_of(i + 2)))});
  }
  return cuts;
}

// A path alone, but for one that ends in a number and a word that is no file's name: a time is missing.
bool is_path(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.size() < 3) return true;
  const bool named = words.back().find('.') != std::string_view::npos;
  return named || !seconds_of(words[words.size() - 2]);
}

}  // namespace

bool holds_times(std::string_view line) { return !cuts_of(line).empty(); }

std::vector<ListRow> times_rows(const ListText& list, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  for (const ListLine& line : list.lines(errors)) {
    ListRow row{list.place(line.number), std::string(line.text), {}, std::nullopt, {}};
    row.timed = context.split != ListSplit::unknown;
    const std::vector<TimesCut> cuts = cuts_of(line.text);
    if (cuts.empty()) {
      if (is_path(line.text))
        rows.push_back(std::move(row));
      else
        errors.add(row.place, "is neither `path start end label` nor a path alone");
      continue;
    }
    const auto named = std::find_if(cuts.begin(), cuts.end(), [&](const TimesCut& cut) {
      return context.classes.find(cut.label).has_value();
    });
    const TimesCut& cut = named == cuts.end() ? cuts.front() : *named;
    row.name = cut.name;
    row.label = std::string(cut.label);
    row.when = span_of("action", cut.start, cut.end, row.place, errors);
    if (row.when) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace actionflow
