// How files and folders are named after a split.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/lists/list_format.h"

namespace actionflow {

// The plainest first: "val", "validation", …
std::span<const std::string_view> names_of_split(ListSplit split);

// Whether one of the words, in any case, stands in the name: "kinetics400_val_list" and "videos_val" are of
// val, "carnival" is not.
bool holds_word(std::string_view name, std::span<const std::string_view> words);

// Names of the folders in `folder` that are called after the split, in natural order: "train",
// "videos_train".
std::vector<std::string> folders_of_split(const std::filesystem::path& folder, ListSplit split);

}  // namespace actionflow
