// The text of a list, and what is wrong with it.
//
// Lists come from anywhere, so a file that is not text, is beyond all measure, or has a line that no list
// has, is refused before anything is made of it. One thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "datasets/lists/dataset.h"

namespace actionflow {

// Collected, to be thrown together. Of very many the first stand and the rest are counted.
class ListErrors {
 public:
  // "train.txt:12: label is 12, expected 0 to 9"
  void add(const std::string& place, const std::string& what);
  // One that names its place itself.
  void add_line(std::string line);
  bool any() const { return count_ > 0; }
  // Nobody reads on beyond so many.
  bool too_many() const { return count_ >= 1000; }
  std::size_t count() const { return count_; }
  // Throws DatasetError.
  void throw_if_any() const;

 private:
  std::vector<std::string> lines_;
  std::size_t count_ = 0;
};

struct ListLine {
  std::size_t number = 0;  // from 1
  std::string_view text;   // without line end and the blanks at both ends; never empty
};

class ListText {
 public:
  // Adds to `errors` and stays empty where the file cannot be taken.
  ListText(const std::filesystem::path& file, ListErrors& errors);
  // What stood in the file.
  ListText(std::filesystem::path file, std::string text) : file_(std::move(file)), text_(std::move(text)) {}
  ListText(const ListText&) = delete;
  ListText& operator=(const ListText&) = delete;

  const std::filesystem::path& file() const { return file_; }
  const std::string& text() const { return text_; }
  // Lines that hold something. Those that are too long or hold control characters go to `errors`.
  std::vector<ListLine> lines(ListErrors& errors) const;
  // "lists/train.txt:12", for messages
  std::string place(std::size_t line) const;
  std::size_t line_of(std::size_t byte) const;

 private:
  std::filesystem::path file_;
  std::string text_;
};

// Of the file; empty where it has none or cannot be taken.
std::string first_line(const std::filesystem::path& list);

std::string_view trimmed(std::string_view text);
bool is_number(std::string_view text);

}  // namespace actionflow
