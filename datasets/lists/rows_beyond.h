// Rows of lists whose times their video does not have.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "datasets/lists/dataset.h"

namespace actionflow {

struct RowBeyond {
  std::size_t entry = 0;                   // in its list
  std::optional<std::size_t> action = {};  // of the entry's; none: its part
  std::string place;                       // "train.csv:3"
  std::string what;                        // "the part from 2 to 9 s lies beyond 'a.mp4', which has 5 s"
};

// Opens each video that has parts or actions and holds these against the length that its container states
// (lies_beyond of part_frames.h); in the entries' order. Videos that cannot be opened or state no length are
// passed over.
std::vector<RowBeyond> rows_beyond(const std::vector<VideoEntry>& entries, int threads);

// Takes these rows out of their entries: a part is no sample, and what happens at an action's time counts
// neither way.
void leave_out(const std::vector<RowBeyond>& rows, std::vector<VideoEntry>& entries);

}  // namespace actionflow
