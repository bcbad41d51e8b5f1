// A sequence as film strips with what happens in them, to be looked at (datasets/clips/augmentation_sheet.h).
#pragma once

#include <string>
#include <vector>

#include "datasets/clips/augmentation_sheet.h"
#include "datasets/streams/stream_sequence.h"

namespace actionflow {

// A row for each few seconds, titled with the actions under way: "stream 2, 3 to 6 s: left 2.1 to 4.8 s".
std::vector<SheetRow> sequence_rows(const StreamSequence& sequence, const std::vector<std::string>& classes,
                                    int samples_a_row);

}  // namespace actionflow
