// What a clip's label becomes when the clip is mirrored or reversed.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace actionflow {

inline constexpr int kNotChanged = -1;  // clips of this class are left as they are
inline constexpr int kOfNoClass = -2;   // they become clips of none of the classes

// For each class the class it becomes: the other of its pair, or kOfNoClass where the other is empty; where
// no pair has it, itself with `keep_unnamed` and kNotChanged without.
// `key` names the option in messages. Throws UsageError for a label that is not a class, and for one that
// stands in two pairs.
std::vector<int> swapped_classes(const std::string& key, const std::map<std::string, std::string>& pairs,
                                 const std::vector<std::string>& classes, bool keep_unnamed);

// The class's number. Throws UsageError, with the nearest class's name, where there is none.
int class_of(const std::string& key, const std::string& label, const std::vector<std::string>& classes);

// Whether there are labels and every one of them may be changed (none is kNotChanged in `table`). A clip of
// no class has no label that says what it would become.
bool may_change(const std::vector<int>& table, const std::vector<int>& labels);
// Without those that are of no class.
std::vector<int> changed(const std::vector<int>& table, std::vector<int> labels);

}  // namespace actionflow
