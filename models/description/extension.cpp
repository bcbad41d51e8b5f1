#include "models/description/extension.h"

#include <fmt/format.h>

#include <algorithm>

namespace actionflow {
namespace {

using config::Value;

constexpr int kLongestChain = 8;

const Value& at(const Value& map, const std::string& key) {
  static const Value nothing;
  const Value* const found = map.find(key);
  return found == nullptr ? nothing : *found;
}

// The entries of both, those of `over` before those of the same name.
Value by_name(const Value& under, const Value& over) {
  if (!under.is_map() || !over.is_map()) return over.is_null() ? under : over;
  std::vector<Value::Entry> entries = over.entries();
  for (const Value::Entry& entry : under.entries())
    if (over.find(entry.key) == nullptr) entries.push_back(entry);
  return config::make_map(std::move(entries));
}

Value laid_on(const Value& base, const Value& root) {
  const Value::Entry input{"input", {}, config::merge(at(base, "input"), at(root, "input"))};
  const Value::Entry defaults{"defaults", {}, config::merge(at(base, "defaults"), at(root, "defaults"))};
  const Value::Entry blocks{"blocks", {}, by_name(at(base, "blocks"), at(root, "blocks"))};
  std::vector<Value::Entry> entries{input, defaults, blocks};
  for (const Value* part : {&root, &base}) {
    for (const Value::Entry& entry : part->entries()) {
      const bool there = std::any_of(entries.begin(), entries.end(),
                                     [&](const Value::Entry& each) { return each.key == entry.key; });
      const bool own = part == &base && (entry.key == "name" || entry.key == "extends");
      if (!there && !own && entry.key != "extends") entries.push_back(entry);
    }
  }
  std::erase_if(entries, [](const Value::Entry& entry) { return entry.value.is_null(); });
  return config::make_map(std::move(entries));
}

Value extended(const Value& root, int files) {
  const Value* const base = root.find("extends");
  if (base == nullptr) return root;
  config::Diagnostics diagnostics;
  if (!base->is_scalar() || base->text().empty())
    diagnostics.add(base->place(), "extends is not the path of a model file");
  if (files == kLongestChain)
    diagnostics.add(base->place(), fmt::format("more than {} files extend one another", kLongestChain));
  diagnostics.throw_if_any();
  return laid_on(extended(config::load(base->path()), files + 1), root);
}

}  // namespace

Value extended(const Value& root) { return extended(root, 0); }

}  // namespace actionflow
