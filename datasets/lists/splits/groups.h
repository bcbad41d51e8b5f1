// Groups of a dataset: who may not stand on both sides of a split.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>

#include "datasets/lists/text/list_text.h"

namespace actionflow {

class Groups {
 public:
  // `named` is DataOptions::groups, read as its header says; empty: no groups. Throws UsageError for a
  // pattern that is none, or has no (…).
  Groups(const std::string& named, const std::filesystem::path& root, ListErrors& errors);
  ~Groups();
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  bool any() const;
  // Empty where the name has none.
  std::string of(const std::string& name) const;

 private:
  struct Pattern;
  std::unique_ptr<Pattern> pattern_;
  std::unordered_map<std::string, std::string> by_name_;
};

}  // namespace actionflow
