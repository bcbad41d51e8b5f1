// Which column of a table is what, told by its header.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/lists/list_format.h"

namespace actionflow {

using CsvRow = std::vector<std::string>;

std::string lower_case(std::string_view text);

// The first of the names that the header has, whatever its case; −1 where it has none.
int column_of(const CsvRow& header, std::span<const std::string_view> names);
int column_of(const CsvRow& header, std::initializer_list<std::string_view> names);
// Empty for column −1.
std::string cell_of(const CsvRow& row, int column);

// "training" is train; none for a word that names no split.
std::optional<ListSplit> split_of(std::string_view word);
// Whether a row of a list of all splits belongs to this one; words that name no split belong to all.
bool belongs_to(std::string_view word, ListSplit split);

// Usual names of columns, the surest first.
std::span<const std::string_view> path_columns();
std::span<const std::string_view> label_columns();
std::span<const std::string_view> group_columns();
std::span<const std::string_view> start_columns();
std::span<const std::string_view> end_columns();

}  // namespace actionflow
