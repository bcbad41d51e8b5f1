// What several networks say of one clip, taken together. Pure.
#pragma once

#include <string>
#include <vector>

#include "nodes/flow/item.h"

namespace actionflow {

// The mean by `shares`, which sum to 1. Where every one says whether an action is under way, what it says of
// the class and since when counts by that, too: the mean of probabilities of a class and an action together.
// Of no class is what all of them say is of none. Throws ModelError with `node` where their classes differ.
Scores mean_scores(const std::string& node, const std::vector<Scores>& scores,
                   const std::vector<double>& shares);

// What sets two lists of classes apart that are not equal: "class 2 is 'left' and 'right'".
std::string class_difference(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace actionflow
