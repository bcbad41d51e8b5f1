// Entries of a list by the file that they are of, so that each file is opened once.
#pragma once

#include <cstddef>
#include <vector>

#include "datasets/lists/dataset.h"

namespace actionflow {

class EntriesByFile {
 public:
  explicit EntriesByFile(const std::vector<VideoEntry>& entries);

  std::size_t count() const { return files_.size(); }
  // Of the i-th file, in the order in which files come first: indices of its entries, rising.
  const std::vector<std::size_t>& entries(std::size_t i) const { return files_[i]; }

 private:
  std::vector<std::vector<std::size_t>> files_;
};

}  // namespace actionflow
