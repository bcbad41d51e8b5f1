#include "datasets/clips/label_swap.h"

#include <algorithm>

#include "base/config/config.h"
#include "base/error.h"

namespace actionflow {

namespace {

class Pairs {
 public:
  Pairs(std::string key, const std::vector<std::string>& classes)
      : key_(std::move(key)), classes_(classes), partner_(classes.size(), kNotChanged) {}

  void join(int one, int other) {
    set(one, other);
    if (other != kOfNoClass) set(other, one);
  }
  const std::vector<int>& partners() const { return partner_; }

 private:
  void set(int label, int partner) {
    int& slot = partner_[static_cast<std::size_t>(label)];
    if (slot != kNotChanged && slot != partner) {
      throw UsageError(key_ + ": '" + name(label) + "' becomes both '" + name(slot) + "' and '" +
                       name(partner) + "'; a label may stand in one pair only");
    }
    slot = partner;
  }
  std::string name(int label) const {
    return label == kOfNoClass ? std::string() : classes_[static_cast<std::size_t>(label)];
  }

  std::string key_;
  const std::vector<std::string>& classes_;
  std::vector<int> partner_;
};

}  // namespace

int class_of(const std::string& key, const std::string& label, const std::vector<std::string>& classes) {
  const auto found = std::find(classes.begin(), classes.end(), label);
  if (found != classes.end()) return static_cast<int>(found - classes.begin());
  const std::string near = config::did_you_mean(label, classes);
  throw UsageError(key + ": the dataset has no class '" + label + "'" +
                   (near.empty() ? std::string() : "; did you mean '" + near + "'?"));
}

std::vector<int> swapped_classes(const std::string& key, const std::map<std::string, std::string>& pairs,
                                 const std::vector<std::string>& classes, bool keep_unnamed) {
  Pairs joined(key, classes);
  for (const auto& [one, other] : pairs)
    joined.join(class_of(key, one, classes), other.empty() ? kOfNoClass : class_of(key, other, classes));
  std::vector<int> table = joined.partners();
  for (std::size_t i = 0; keep_unnamed && i < table.size(); ++i)
    if (table[i] == kNotChanged) table[i] = static_cast<int>(i);
  return table;
}

bool may_change(const std::vector<int>& table, const std::vector<int>& labels) {
  return !labels.empty() && std::all_of(labels.begin(), labels.end(), [&](int label) {
    return table[static_cast<std::size_t>(label)] != kNotChanged;
  });
}

std::vector<int> changed(const std::vector<int>& table, std::vector<int> labels) {
  for (int& label : labels) label = table[static_cast<std::size_t>(label)];
  std::erase(labels, kOfNoClass);
  return labels;
}

}  // namespace actionflow
