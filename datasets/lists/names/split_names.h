// How files and folders are named after a split.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/lists/text/list_text.h"

namespace actionflow {

enum class ListSplit { train, val, test, unknown };

// "training" is train; none for a word that names no split.
std::optional<ListSplit> split_of(std::string_view word);
// Whether a row of a list of all splits belongs to this one. No word, and a number, as of a fold, belong to
// all; any other word that names no split goes to `errors`, once, and belongs to none.
bool belongs_to(std::string_view word, ListSplit split, const std::string& place, ListErrors& errors);

// The plainest first: "val", "validation", …
std::span<const std::string_view> names_of_split(ListSplit split);

// Whether the folder is called just so: "train", "Validation".
bool is_named_after(ListSplit split, const std::filesystem::path& folder);

// Whether one of the words, in any case, stands in the name: "kinetics400_val_list" and "videos_val" are of
// val, "carnival" is not.
bool holds_word(std::string_view name, std::span<const std::string_view> words);

// Names of the folders in `folder` that are called after the split, in natural order: "train",
// "videos_train".
std::vector<std::string> folders_of_split(const std::filesystem::path& folder, ListSplit split);

}  // namespace actionflow
