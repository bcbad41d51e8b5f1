#include "models/formats/names/name_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/config/config.h"
#include "models/formats/names/torch_parameters.h"

namespace actionflow {
namespace {

constexpr std::string_view kIgnore = "ignore";

// "layer1.0" begins "layer1.0.conv1" and itself, but not "layer1.01".
bool begins(std::string_view beginning, std::string_view name) {
  return name.starts_with(beginning) && (name.size() == beginning.size() || name[beginning.size()] == '.');
}

// What a name of ours in the file may be.
std::vector<std::string> mappable_names(const Architecture& architecture) {
  std::set<std::string> names;
  for (const TorchParameter& parameter : torch_parameters(architecture)) {
    names.insert(parameter.parameter->name);
    for (std::string tensor : parameter.form.tensors) {
      for (std::size_t end = tensor.rfind('.'); end != std::string::npos; end = tensor.rfind('.')) {
        tensor.resize(end);
        names.insert(tensor);
      }
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> read_ignored(const config::Value& value, config::Diagnostics& diagnostics) {
  std::vector<std::string> ignored;
  for (const config::Value& item : value.items()) {
    if (!item.is_scalar())
      diagnostics.add(item.place(), "ignore holds no name, expected a tensor of the file");
    ignored.push_back(item.text());
  }
  return ignored;
}

}  // namespace

std::string NameMap::theirs(const Parameter& parameter, const std::string& tensor) const {
  if (const auto whole = theirs_.find(parameter.name); whole != theirs_.end()) return whole->second;
  const std::pair<const std::string, std::string>* longest = nullptr;
  for (const auto& entry : theirs_) {
    if (begins(entry.first, tensor) && (longest == nullptr || entry.first.size() > longest->first.size()))
      longest = &entry;
  }
  return longest == nullptr ? tensor : longest->second + tensor.substr(longest->first.size());
}

bool NameMap::ignores(std::string_view theirs) const {
  return std::any_of(ignored_.begin(), ignored_.end(),
                     [&](const std::string& beginning) { return begins(beginning, theirs); });
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
    if (entry.key == kIgnore && entry.value.is_list()) {
      ignored = read_ignored(entry.value, diagnostics);
    } else if (!entry.value.is_scalar()) {
      diagnostics.add(entry.value.place(), fmt::format("'{}' has no name in the file beside it", entry.key));
    } else if (!std::binary_search(known.begin(), known.end(), entry.key)) {
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

}  // namespace actionflow
