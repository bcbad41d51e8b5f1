#include "datasets/lists/names/split_names.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text/lower_case.h"
#include "base/text/natural_order.h"
#include "datasets/lists/list_paths.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

using std::string_view_literals::operator""sv;

constexpr std::array kTrain{"train"sv, "training"sv, "trainlist"sv, "trainset"sv, "trainval"sv};
constexpr std::array kVal{"val"sv, "valid"sv,   "validation"sv, "validate"sv,
                          "dev"sv, "vallist"sv, "validlist"sv,  "valset"sv};
constexpr std::array kTest{"test"sv, "testing"sv, "testlist"sv, "testset"sv};

}  // namespace

std::span<const std::string_view> names_of_split(ListSplit split) {
  switch (split) {
    case ListSplit::train:
      return kTrain;
    case ListSplit::val:
      return kVal;
    case ListSplit::test:
      return kTest;
    default:
      return {};
  }
}

std::optional<ListSplit> split_of(std::string_view written) {
  const std::string word = lower_case(written);
  for (const ListSplit split : {ListSplit::train, ListSplit::val, ListSplit::test}) {
    const auto names = names_of_split(split);
    if (std::find(names.begin(), names.end(), word) != names.end() || word.starts_with(names.front()))
      return split;
  }
  return std::nullopt;
}

bool belongs_to(std::string_view written, ListSplit split, const std::string& place, ListErrors& errors) {
  if (split == ListSplit::unknown || written.empty() || is_number(written)) return true;
  const std::optional<ListSplit> named = split_of(written);
  if (!named && split == ListSplit::train)
    errors.add(place, "the split is '" + std::string(written) + "', expected train, val or test");
  return named == split;
}

bool is_named_after(ListSplit split, const fs::path& folder) {
  const auto names = names_of_split(split);
  return std::find(names.begin(), names.end(), lower_case(folder.filename().string())) != names.end();
}

bool holds_word(std::string_view name, std::span<const std::string_view> words) {
  std::string word;
  for (const char c : lower_case(name) + "_") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += c;
    } else {
      if (std::find(words.begin(), words.end(), word) != words.end()) return true;
      word.clear();
    }
  }
  return false;
}

std::vector<std::string> folders_of_split(const fs::path& folder, ListSplit split) {
  std::vector<std::string> names;
  for (const fs::path& inside : folders_in(folder)) {
    std::string name = inside.filename().string();
    if (holds_word(name, names_of_split(split))) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace actionflow
