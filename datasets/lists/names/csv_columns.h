// Which column of a table is what, told by its header.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace actionflow {

using CsvRow = std::vector<std::string>;

// The first of the names that the header has, whatever its case; −1 where it has none.
int column_of(const CsvRow& header, std::span<const std::string_view> names);
int column_of(const CsvRow& header, std::initializer_list<std::string_view> names);
// Empty for column −1.
std::string cell_of(const CsvRow& row, int column);

// Usual names of columns, the surest first.
std::span<const std::string_view> path_columns();
std::span<const std::string_view> label_columns();
std::span<const std::string_view> group_columns();
std::span<const std::string_view> split_columns();
std::span<const std::string_view> start_columns();
std::span<const std::string_view> end_columns();

}  // namespace actionflow
