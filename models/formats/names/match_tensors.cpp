#include "models/formats/names/match_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "models/formats/names/nearest_names.h"
#include "models/formats/names/tensor_part.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostListed = 20;  // of a kind
constexpr std::size_t kLongestName = 1024;

using ByName = std::unordered_map<std::string_view, const StoredTensor*>;

// The names by which a parameter may go.
struct Names {
  std::string own;
  std::vector<std::string> torch;
};

std::vector<Names> names_of(const std::vector<TorchParameter>& parameters, const NameMap& map) {
  std::vector<Names> all;
  for (const TorchParameter& parameter : parameters) {
    Names names{.own = parameter.parameter->name, .torch = {}};
    for (const std::string& tensor : parameter.form.tensors)
      names.torch.push_back(map.theirs(*parameter.parameter, tensor));
    all.push_back(std::move(names));
  }
  return all;
}

// The beginning with which most names fit; of several the shortest.
std::string best_prefix(const std::vector<StoredTensor>& tensors, const std::vector<Names>& names) {
  std::unordered_set<std::string_view> known;
  for (const Names& one : names) {
    known.insert(one.own);
    for (const std::string& name : one.torch) known.insert(tensor_part(name).tensor);
  }
  std::map<std::string_view, std::size_t> fitting;
  for (const StoredTensor& tensor : tensors) {
    const std::string_view name = tensor.name;
    if (name.size() > kLongestName) continue;
    for (std::size_t at = 0; at < name.size();) {
      if (known.contains(name.substr(at))) ++fitting[name.substr(0, at)];
      const std::size_t point = name.find('.', at);
      at = point == std::string_view::npos ? name.size() : point + 1;
    }
  }
  std::string_view best;
  std::size_t most = 0;
  for (const auto& [prefix, count] : fitting) {
    if (count > most || (count == most && prefix.size() < best.size())) {
      best = prefix;
      most = count;
    }
  }
  return std::string(best);
}

// Steps that were counted, indices of positions: no weights.
bool counts(const StoredTensor& tensor) {
  return !is_floating(tensor.type) || tensor.name.ends_with("num_batches_tracked");
}

class Matcher {
 public:
  Matcher(const std::vector<StoredTensor>& tensors, const NameMap& map, std::string prefix,
          std::optional<TimeChange> time_change)
      : map_(map), prefix_(std::move(prefix)), time_change_(time_change) {
    for (const StoredTensor& tensor : tensors) by_name_.emplace(tensor.name, &tensor);
  }

  MatchedParameter match(TorchParameter parameter, const Names& names) {
    MatchedParameter matched{.parameter = std::move(parameter), .tensors = {}};
    const Shape& own = matched.parameter.parameter->shape;
    if (take(names.torch, matched)) {
      matched.fits =
          std::all_of(matched.tensors.begin(), matched.tensors.end(), [&](const StoredTensor* tensor) {
            return same_but_for_ones(tensor->shape, matched.parameter.form.shape);
          });
    } else if (take({names.own}, matched)) {
      matched.own_name = true;
      matched.fits = matched.tensors.front()->shape == own;
    }
    change_in_time(matched);
    return matched;
  }

  std::list<StoredTensor> take_parts() { return std::move(parts_); }

  void sort_others(const std::vector<StoredTensor>& tensors, TensorMatch& match) const {
    for (const StoredTensor& tensor : tensors) {
      if (used_.contains(&tensor) || counts(tensor) || map_.ignores(tensor.name)) continue;
      (tensor.name.starts_with(prefix_) ? match.unused : match.outside).push_back(&tensor);
    }
  }

 private:
  void change_in_time(MatchedParameter& matched) const {
    if (!time_change_ || matched.fits || matched.tensors.empty()) return;
    const Shape& whole = matched.own_name ? matched.parameter.parameter->shape : matched.parameter.form.shape;
    matched.fits = differs_in_time(matched.tensors.front()->shape, whole, *time_change_);
    if (matched.fits) matched.time_change = time_change_;
  }

  const StoredTensor* find(std::string_view name) const {
    for (const std::string& whole : {prefix_ + std::string(name), std::string(name)}) {
      if (const auto found = by_name_.find(whole); found != by_name_.end()) return found->second;
    }
    return nullptr;
  }

  // All or none.
  bool take(const std::vector<std::string>& names, MatchedParameter& matched) {
    std::vector<const StoredTensor*> found;
    for (const std::string& name : names) {
      const StoredTensor* const tensor = find(tensor_part(name).tensor);
      if (tensor == nullptr) return false;
      found.push_back(tensor);
    }
    used_.insert(found.begin(), found.end());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const TensorPart part = tensor_part(names[i]);
      matched.tensors.push_back(part.count == 1 ? found[i] : &parts_.emplace_back(part_of(*found[i], part)));
    }
    return !names.empty();
  }

  const NameMap& map_;
  std::string prefix_;
  std::optional<TimeChange> time_change_;
  ByName by_name_;
  std::set<const StoredTensor*> used_;
  std::list<StoredTensor> parts_;
};

std::string expected_name(const MatchedParameter& matched) {
  const TorchForm& form = matched.parameter.form;
  return form.tensors.empty() ? matched.parameter.parameter->name : form.tensors.front();
}

const Shape& expected_shape(const MatchedParameter& matched) {
  const TorchForm& form = matched.parameter.form;
  return form.tensors.empty() ? matched.parameter.parameter->shape : form.shape;
}

std::string quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += fmt::format("{}'{}'", text.empty() ? ", nearest " : " or ", name);
  return text;
}

// A line for each, with the nearest of the other side.
std::string listed(const std::vector<NamedShape>& tensors, std::string_view what,
                   const std::vector<NamedShape>& other_side) {
  std::string text;
  for (std::size_t i = 0; i < std::min(tensors.size(), kMostListed); ++i) {
    text += fmt::format("\n  '{}' ({}) {}{}", tensors[i].name, to_string(tensors[i].shape), what,
                        quoted(nearest_names(tensors[i], other_side)));
  }
  if (tensors.size() > kMostListed)
    text += fmt::format("\n  and {} more of which each {}", tensors.size() - kMostListed, what);
  return text;
}

std::string other_shape(const MatchedParameter& matched) {
  return fmt::format("\n  '{}' is {}, expected {}", matched.tensors.front()->name,
                     to_string(matched.tensors.front()->shape), to_string(expected_shape(matched)));
}

}  // namespace

TensorMatch match_tensors(const std::vector<StoredTensor>& tensors, const Architecture& architecture,
                          const NameMap& map, std::optional<TimeChange> time_change) {
  std::vector<TorchParameter> parameters = torch_parameters(architecture);
  const std::vector<Names> names = names_of(parameters, map);
  TensorMatch match{
      .parameters = {}, .prefix = best_prefix(tensors, names), .unused = {}, .outside = {}, .parts = {}};
  Matcher matcher(tensors, map, match.prefix, time_change);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    match.parameters.push_back(matcher.match(std::move(parameters[i]), names[i]));
  matcher.sort_others(tensors, match);
  match.parts = matcher.take_parts();
  return match;
}

Tensor read_parameter(const MatchedParameter& matched) {
  const Shape& shape = matched.own_name ? matched.parameter.parameter->shape : matched.parameter.form.shape;
  std::vector<Tensor> theirs;
  for (const StoredTensor* tensor : matched.tensors) {
    Tensor values = read_values(*tensor);
    theirs.push_back(matched.time_change ? changed_in_time(values, shape, *matched.time_change)
                                         : std::move(values).reshaped(shape));
  }
  return matched.own_name ? std::move(theirs.front()) : from_torch(matched.parameter, std::move(theirs));
}

std::string describe_mismatch(const TensorMatch& match) {
  std::vector<NamedShape> missing, unused;
  std::string shapes;
  std::size_t others = 0;
  for (const MatchedParameter& matched : match.parameters) {
    if (matched.tensors.empty()) {
      missing.push_back({expected_name(matched), expected_shape(matched)});
    } else if (!matched.fits && ++others <= kMostListed) {
      shapes += other_shape(matched);
    }
  }
  if (others > kMostListed) shapes += fmt::format("\n  and {} more of other shapes", others - kMostListed);
  for (const StoredTensor* tensor : match.unused) unused.push_back({tensor->name, tensor->shape});
  return shapes + listed(missing, "is missing", unused) + listed(unused, "belongs to no layer", missing);
}

}  // namespace actionflow
