#include "models/formats/likeness.h"

#include <algorithm>

#include "models/formats/names/match_tensors.h"

namespace actionflow {

Likeness likeness(const std::vector<ListedTensor>& tensors, const Architecture& architecture,
                  const NameMap& names) {
  std::vector<StoredTensor> named;
  for (const ListedTensor& tensor : tensors)
    named.push_back({.name = tensor.name, .type = tensor.type, .shape = tensor.shape});
  const TensorMatch match = match_tensors(named, architecture, names);
  const auto fitting = std::count_if(match.parameters.begin(), match.parameters.end(),
                                     [](const MatchedParameter& matched) { return matched.fits; });
  return {static_cast<std::size_t>(fitting), match.parameters.size(),
          match.unused.size() + match.outside.size()};
}

}  // namespace actionflow
