// In which order an epoch goes through the training list: a function of seed and epoch only.
//
// Plain: every entry once, shuffled. Balanced: as many clips, classes in turn, each giving its own entries
// in a shuffled order and beginning anew when they are all drawn; the order of the classes changes from
// round to round. An entry's class is its first label; entries without a label are a class of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/lists/dataset.h"

namespace actionflow {

std::vector<int> epoch_order(const std::vector<VideoEntry>& entries, bool balanced, std::uint64_t seed,
                             std::uint32_t epoch);

// Another entry in place of one that cannot be read, at a sample's `attempt`-th try.
int substitute_entry(std::size_t entries, std::uint64_t seed, std::uint32_t epoch, std::uint64_t sample,
                     int attempt);

}  // namespace actionflow
