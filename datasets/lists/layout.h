// What a folder of videos is, for recipes that name a root and no lists.
#pragma once

#include <string>

#include "datasets/lists/dataset.h"

namespace actionflow {

// Fills in the lists and folders that `options.root` holds, in this order: UCF101's lists (ucfTrainTestlist,
// videos in UCF-101), HMDB51's, lists named after train, val and test (in the root, annotations, lists,
// splits or labels), folders of these names with a folder a class, a folder a class. Gives what it found, for
// people, or nothing where lists are named already. Throws UsageError where two lists may be meant.
std::string find_layout(DataOptions& options);

}  // namespace actionflow
