// Which part of a list is held out: to validate on, or, in cross-validation, to test on.
//
// What belongs together (the videos of a group where groups are named, the parts of one video) is held out
// together. A function of the entries and the seed.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/lists/dataset.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

// A share, or, where there are parts, one of them: together they hold every entry once.
struct HeldOut {
  double share = 0;
  int parts = 0;
  int part = 0;  // from 0
};

// Moves it from train to val: whole groups where there are some, else as much of each class.
void draw_val(Dataset& dataset, const HeldOut& held_out, std::uint64_t seed, ListErrors& errors);
// Moves it from the videos of no class to val, whole groups where there are some, so that streams are
// validated on what is to be passed over, too.
void draw_other_val(Dataset& dataset, std::vector<VideoEntry>& other, const HeldOut& held_out,
                    std::uint64_t seed);

// Folds for leave-groups-out: entries whose group's number (the number that it is, or, where not every group
// is one, its place among the sorted groups) modulo `folds` is `fold` become `held_out`, the others `rest`.
// Throws UsageError for an entry without a group and for a fold that holds all or nothing.
void split_fold(const std::vector<VideoEntry>& entries, int folds, int fold, std::vector<VideoEntry>& rest,
                std::vector<VideoEntry>& held_out);

}  // namespace actionflow
