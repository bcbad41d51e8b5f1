#include "datasets/lists/split_names.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text/natural_order.h"

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

bool holds_word(std::string_view name, std::span<const std::string_view> words) {
  std::string word;
  for (const char c : std::string(name) + "_") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      if (std::find(words.begin(), words.end(), word) != words.end()) return true;
      word.clear();
    }
  }
  return false;
}

std::vector<std::string> folders_of_split(const fs::path& folder, ListSplit split) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder.empty() ? "." : folder, error), end; !error && it != end;
       it.increment(error)) {
    std::string name = it->path().filename().string();
    if (!name.starts_with('.') && holds_word(name, names_of_split(split)) && is_folder(it->path()))
      names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

}  // namespace actionflow
