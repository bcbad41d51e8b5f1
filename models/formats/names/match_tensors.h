// Which tensor of a foreign file is which parameter of a network.
//
// Names decide, never the order: PyTorch's by the rules of the layers (torch_parameters.h), or our own. What
// a wrapper puts before all names (`module.`, `model.`, `backbone.`, `_orig_mod.` …) is left away: of all
// beginnings, the one with which most names fit. Values are read only of tensors that belong to the network
// and have its shapes.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/formats/names/name_map.h"
#include "models/formats/names/time_change.h"
#include "models/formats/names/torch_parameters.h"
#include "models/formats/stored/stored_tensor.h"

namespace actionflow {

struct MatchedParameter {
  TorchParameter parameter;
  std::vector<const StoredTensor*> tensors;    // one a name of the form; empty: not found
  bool own_name = false;                       // called and laid out as ours is
  bool fits = false;                           // in shape, changed in time where that was asked for
  std::optional<TimeChange> time_change = {};  // where it differs in time
};

struct TensorMatch {
  std::vector<MatchedParameter> parameters;
  std::string prefix;                        // "module.", which the names begin with
  std::vector<const StoredTensor*> unused;   // of this network by their prefix, yet of no layer
  std::vector<const StoredTensor*> outside;  // without the prefix: of something beside the network
  std::list<StoredTensor> parts;             // of the file's, to which `parameters` may point
};

// Neither `tensors` nor `architecture` are copied.
TensorMatch match_tensors(const std::vector<StoredTensor>& tensors, const Architecture& architecture,
                          const NameMap& names, std::optional<TimeChange> time_change = {});

// Ours. Requires that it fits.
Tensor read_parameter(const MatchedParameter& matched);

// What does not match, on both sides, each with the nearest of the other side; empty where all does.
std::string describe_mismatch(const TensorMatch& match);

}  // namespace actionflow
