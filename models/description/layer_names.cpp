#include "models/description/layer_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "models/graph/reserved_names.h"

namespace actionflow {
namespace {

bool good_name(const std::string& name) {
  const auto good = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_.-/").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), good);
}

}  // namespace

void LayerNames::check(const config::Value& name, const NameScope& scope) {
  const std::string& text = name.text();
  if (!name.is_scalar() || !good_name(text)) {
    diagnostics_.add(name.place(), fmt::format("name is '{}', expected letters, digits and _ . - /", text));
  } else if (scope.inputs.count(text) != 0) {
    diagnostics_.add(name.place(), fmt::format("name '{}' stands for the input; expected another", text));
  } else if (scope.prefix.empty() && belongs_to_training(text + ".")) {
    diagnostics_.add(name.place(),
                     fmt::format("name '{}' begins as those of training's own tensors do (optimizer, ema); "
                                 "expected another",
                                 text));
  }
}

void LayerNames::claim(const std::string& name, int value, const config::Place& place) {
  if (!values_.emplace(name, value).second)
    diagnostics_.add(place, fmt::format("the name '{}' is used twice", name));
}

std::optional<int> LayerNames::find(const config::Value& name, const NameScope& scope,
                                    const std::string& reader) {
  const auto input = scope.inputs.find(name.text());
  if (input != scope.inputs.end()) return input->second;
  const auto found = values_.find(scope.prefix + name.text());
  if (found != values_.end()) return found->second;
  diagnostics_.add(
      name.place(),
      fmt::format("layer '{}{}': from names '{}', expected a layer before it{}", scope.prefix, reader,
                  name.text(), scope.prefix.empty() ? "" : " in the same block, or the block's input"),
      suggestion(name.text(), visible(scope)));
  return std::nullopt;
}

std::vector<std::string> LayerNames::visible(const NameScope& scope) const {
  std::vector<std::string> names;
  for (const auto& [name, value] : scope.inputs) names.push_back(name);
  for (auto it = values_.lower_bound(scope.prefix);
       it != values_.end() && it->first.rfind(scope.prefix, 0) == 0; ++it) {
    names.push_back(it->first.substr(scope.prefix.size()));
    if (names.size() > 200) break;
  }
  return names;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string near = config::did_you_mean(word, candidates);
  return near.empty() ? "" : fmt::format("did you mean '{}'?", near);
}

}  // namespace actionflow
