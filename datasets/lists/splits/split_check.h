// What holds for the splits of a dataset together, whatever their format.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/lists/dataset.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

// A video that stands twice in a split.
void find_doubles(const std::vector<VideoEntry>& entries, ListErrors& errors);
// Videos, and groups where they are named, that stand in more than one split. `other`: videos of no class to
// train on, which share groups with train.
void find_leaks(const Dataset& dataset, const std::vector<VideoEntry>& other, ListErrors& errors);
// Classes without training videos are a warning.
void warn_of_classes(const std::vector<std::string>& classes, Dataset& dataset);
// The only class that has training videos; none where there are several, or no training videos.
std::optional<std::string> only_class(const std::vector<std::string>& classes, const Dataset& dataset);
// Videos without a group are compared with none: a warning counts them. All of train without one is an error.
void warn_of_groups(Dataset& dataset, ListErrors& errors);

}  // namespace actionflow
