#include "models/formats/names/name_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/config/config.h"
#include "models/formats/names/torch_parameters.h"

namespace actionflow {
namespace {

constexpr std::string_view kIgnore = "ignore", kModels = "models";

// A name of ours that begins another: how long it is there, and what its stars stand for.
struct Beginning {
  std::size_t length = 0;
  std::vector<std::string_view> stars;
};

// "layer1.0" begins "layer1.0.conv1" and itself, but not "layer1.01". A star takes what stands before
// the next point or the pattern's next character, and something.
std::optional<Beginning> beginning(std::string_view pattern, std::string_view name) {
  Beginning found;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*') {
      if (found.length >= name.size() || name[found.length] != pattern[i]) return {};
      ++found.length;
      continue;
    }
    const char after = i + 1 < pattern.size() ? pattern[i + 1] : '.';
    const std::size_t end = std::min(name.find_first_of(std::string{'.', after}, found.length), name.size());
    if (end == found.length) return {};
    found.stars.push_back(name.substr(found.length, end - found.length));
    found.length = end;
  }
  if (found.length < name.size() && name[found.length] != '.') return {};
  return found;
}

// Of a layer or block that `tensor` belongs to, or a whole parameter of ours, which goes before those.
std::optional<Beginning> named_by(std::string_view pattern, std::string_view own, std::string_view tensor) {
  std::optional<Beginning> whole = beginning(pattern, own);
  if (!whole || whole->length < own.size()) return beginning(pattern, tensor);
  whole->length = std::string_view::npos;
  return whole;
}

// `theirs` with its stars replaced in order.
std::string filled(std::string_view theirs, const std::vector<std::string_view>& stars) {
  std::string text;
  std::size_t used = 0;
  for (const char c : theirs) {
    if (c == '*' && used < stars.size()) {
      text += stars[used++];
    } else {
      text += c;
    }
  }
  return text;
}

bool is_known(const std::string& pattern, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const std::optional<Beginning> found = beginning(pattern, name);
    return found && found->length == name.size();
  });
}

// What a name of ours in the file may be.
std::vector<std::string> mappable_names(const Architecture& architecture) {
  std::set<std::string> names;
  for (const TorchParameter& parameter : torch_parameters(architecture)) {
    names.insert(parameter.parameter->name);
    for (std::string tensor : parameter.form.tensors) {
      names.insert(tensor);
      for (std::size_t end = tensor.rfind('.'); end != std::string::npos; end = tensor.rfind('.')) {
        tensor.resize(end);
        names.insert(tensor);
      }
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> read_list(const config::Value::Entry& entry, const char* expected,
                                   config::Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const config::Value& item : entry.value.items()) {
    if (!item.is_scalar())
      diagnostics.add(item.place(), fmt::format("{} holds no name, expected {}", entry.key, expected));
    names.push_back(item.text());
  }
  return names;
}

bool is_list_of(const config::Value::Entry& entry, std::string_view key) {
  return entry.key == key && entry.value.is_list();
}

}  // namespace

std::string NameMap::theirs(const Parameter& parameter, const std::string& tensor) const {
  Beginning longest;
  const std::string* named = nullptr;
  for (const auto& [ours, theirs] : theirs_) {
    std::optional<Beginning> found = named_by(ours, parameter.name, tensor);
    if (!found || found->length < longest.length) continue;
    if (found->length == longest.length && found->stars.size() >= longest.stars.size()) continue;
    longest = std::move(*found);
    named = &theirs;
  }
  return named == nullptr
             ? tensor
             : filled(*named, longest.stars) + tensor.substr(std::min(longest.length, tensor.size()));
}

bool NameMap::ignores(std::string_view theirs) const {
  return std::any_of(ignored_.begin(), ignored_.end(),
                     [&](const std::string& ignored) { return beginning(ignored, theirs).has_value(); });
}

NameMap load_name_map(const std::filesystem::path& file, const Architecture& architecture) {
  const config::Value root = config::load(file);
  config::Diagnostics diagnostics;
  if (!root.is_map())
    diagnostics.add(root.place(), "no map of names, expected lines of the form 'layer: name in the file'");
  const std::vector<std::string> known = mappable_names(architecture);
  std::map<std::string, std::string> theirs;
  std::vector<std::string> ignored;
  for (const config::Value::Entry& entry : root.entries()) {
    if (is_list_of(entry, kIgnore)) {
      ignored = read_list(entry, "a tensor of the file", diagnostics);
    } else if (is_list_of(entry, kModels)) {
      read_list(entry, "a model file that comes with the program", diagnostics);
    } else if (!entry.value.is_scalar()) {
      diagnostics.add(entry.value.place(), fmt::format("'{}' has no name in the file beside it", entry.key));
    } else if (!is_known(entry.key, known)) {
      const std::string near = config::did_you_mean(entry.key, known);
      diagnostics.add(
          entry.key_place,
          fmt::format("'{}' has no layer or parameter '{}' with weights", architecture.name, entry.key),
          near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    } else {
      theirs[entry.key] = entry.value.text();
    }
  }
  diagnostics.throw_if_any();
  return {std::move(theirs), std::move(ignored)};
}

std::vector<std::string> models_of_name_map(const std::filesystem::path& file) {
  const config::Value root = config::load(file);
  config::Diagnostics diagnostics;
  std::vector<std::string> models;
  for (const config::Value::Entry& entry : root.entries())
    if (is_list_of(entry, kModels))
      models = read_list(entry, "a model file that comes with the program", diagnostics);
  diagnostics.throw_if_any();
  return models;
}

}  // namespace actionflow
