// A dataset read from its lists.
#pragma once

#include <cstdint>

#include "datasets/lists/dataset.h"

namespace actionflow {

// Reads every list named; paths are not opened. Checks: at least two classes, labels in range, no list
// without a video, no video (or part of one) twice in a split, no video and no group on both sides of a split
// (a leak: the error names the files), `groups` that name some group of train. Throws DatasetError with all
// that is wrong; UsageError for `groups` that are no pattern. A function of the lists and the seed only.
Dataset read_dataset(const DataOptions& options, std::uint64_t seed);

}  // namespace actionflow
