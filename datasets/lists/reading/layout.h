// What a folder of videos is, for recipes that name a root and no lists.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/lists/dataset.h"

namespace actionflow {

// Fills in the lists and folders that `options.root` holds, in this order: UCF101's lists (ucfTrainTestlist,
// videos in UCF-101), HMDB51's, lists named after train, val and test, or a table with a column `split` (in
// the root, annotations, lists, splits or labels), folders named after the splits with a folder a class or
// videos whose names say their class (video_naming.h), a folder a class, such videos. Of a bucket: folders
// named after the splits with a folder a class, or a folder a class. Groups are those that
// names of a known form say. Gives what it found, for people, or nothing where lists are named already.
// Throws UsageError where two lists may be meant, SourceError for a bucket that cannot be listed.
std::string find_layout(DataOptions& options);

// UCF101's lists in the folder: trainlist01.txt, or trainlist.txt, and vallist and testlist likewise, where
// they are there and not named already. False, with nothing changed: there are none.
bool find_ucf101_lists(const std::filesystem::path& folder, DataOptions& options);

}  // namespace actionflow
