// Comma-separated values as RFC 4180 has them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/lists/text/list_text.h"

namespace actionflow {

struct CsvRecord {
  std::size_t line = 0;            // it begins there
  std::vector<std::string> cells;  // without quotes and the blanks around them
};

// Records end with a line, or CRLF; a cell in quotes may hold commas, line breaks (LF, however they were
// written) and, doubled, quotes. Lines that hold nothing are none. A quote that is not closed, a record that
// is too long and control characters go to `errors`; reading goes on behind that line.
std::vector<CsvRecord> csv_records(const ListText& list, ListErrors& errors, char separator = ',');

// A table's first line that holds something and is no 'sep=;', as spreadsheets write one.
std::string_view header_line(std::string_view text);
// Comma, semicolon or tab: what a first line 'sep=;' says, else what stands most often in the first line that
// holds something, outside quotes.
char separator_of(std::string_view text);
// A number's cell. Where semicolons part cells, a comma is a decimal point, as much of Europe writes it.
std::string number_cell(std::string cell, char separator);
// The cells of one line.
std::vector<std::string> split_cells(std::string_view line, char separator);

}  // namespace actionflow
