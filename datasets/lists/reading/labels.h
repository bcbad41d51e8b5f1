// Labels as lists have them: names or numbers of classes, one or several a row.
#pragma once

#include <filesystem>
#include <vector>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

// The labels of a list's rows: names, sorted, or, where all of them are numbers, as many classes as the
// greatest says.
ClassList inferred_classes(const std::filesystem::path& list, DatasetFormat format,
                           const std::vector<ListRow>& rows, ListErrors& errors);

// A row's classes, sorted; the row has a label. What is none of them goes to `errors`.
std::vector<int> row_labels(const ListRow& row, const ClassList& classes, ListErrors& errors);

}  // namespace actionflow
