// Beginning from another network's weights (`init:` in a recipe).
//
//   init: {weights: kinetics.safetensors, skip: [head.*]}
//
// A tensor is taken where the file has one of its name and shape; the rest keep their first values and are
// listed with the reason, for a person to read. Where the file is of other classes, in name or in number, the
// last layer begins anew; where it has the same in another order, that layer's outputs are taken by their
// names. Any file that load_model() reads will do, with another head too.
#pragma once

#include <string>
#include <vector>

#include "base/config/config.h"
#include "base/config/optional_path.h"
#include "models/weights/weights.h"

namespace actionflow {

struct TransferOptions {
  OptionalPath weights;           // none: random ones
  std::vector<std::string> skip;  // patterns of parameter names (models/training/name_pattern.h)
  static void describe(config::Fields<TransferOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

struct LeftTensor {
  std::string name;
  std::string reason;  // "skipped by 'fc.*'", "not in the file"
  bool new_head = false;
};

struct Transfer {
  std::vector<std::string> loaded;
  std::vector<LeftTensor> not_loaded;  // of the network
  std::vector<std::string> unused;     // of the file
  std::string new_head;                // says that the last layer begins anew; empty where it was taken
  std::string reordered_head;  // says that its outputs were taken by name; empty where they stand alike
};

// Writes into `weights`, which fit the architecture. ModelError, with nothing written: a file that is
// damaged or holds no tensor that fits, another tensor of another shape that no pattern skips (all of them
// are named), and a pattern that matches nothing.
Transfer load_initial_weights(const TransferOptions& options, const Architecture& architecture,
                              Weights& weights);

// A line for each tensor that was not loaded, and one with the counts.
std::vector<std::string> describe_transfer(const Transfer& transfer, const TransferOptions& options);

}  // namespace actionflow
