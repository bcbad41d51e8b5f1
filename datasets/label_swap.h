// What a clip's label becomes when the clip is mirrored or reversed.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace actionflow {

// For each class the class it becomes: the other of its pair; where no pair has it, itself with
// `keep_unnamed` and −1 without.
// `key` names the option in messages. Throws UsageError for a label that is not a class, and for one that
// stands in two pairs.
std::vector<int> swapped_classes(const std::string& key, const std::map<std::string, std::string>& pairs,
                                 const std::vector<std::string>& classes, bool keep_unnamed);

// The class's number. Throws UsageError, with the nearest class's name, where there is none.
int class_of(const std::string& key, const std::string& label, const std::vector<std::string>& classes);

// Whether every one of the labels may be changed (none is −1 in `table`).
bool may_change(const std::vector<int>& table, const std::vector<int>& labels);
std::vector<int> changed(const std::vector<int>& table, std::vector<int> labels);

}  // namespace actionflow
