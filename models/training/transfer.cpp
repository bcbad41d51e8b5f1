#include "models/training/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "models/formats/weight_files.h"
#include "models/training/name_pattern.h"

namespace actionflow {
namespace {

// Of the last layer that has parameters.
const LayerInfo* head_of(const Architecture& architecture) {
  const auto found = std::find_if(architecture.layers.rbegin(), architecture.layers.rend(),
                                  [](const LayerInfo& layer) { return !layer.parameters.empty(); });
  return found == architecture.layers.rend() ? nullptr : &*found;
}

bool has_parameter(const LayerInfo& layer, const std::string& name) {
  return std::any_of(layer.parameters.begin(), layer.parameters.end(),
                     [&](const Parameter& parameter) { return parameter.name == name; });
}

// Whether the shapes differ in the number of outputs alone.
bool differ_in_outputs(const Shape& a, const Shape& b) {
  return a.size() == b.size() && !a.empty() && std::equal(a.begin() + 1, a.end(), b.begin() + 1);
}

std::string listed(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

}  // namespace

void TransferOptions::describe(config::Fields<TransferOptions>& fields) {
  fields.add("weights", &TransferOptions::weights, "file whose tensors are taken where name and shape fit");
  fields.add("skip", &TransferOptions::skip, "patterns of parameters that are not taken: \"fc.*\"");
}

void TransferOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  if (weights.empty() && !skip.empty())
    diagnostics.add(value.place(), "init has skip without weights, expected a file");
}

Transfer load_initial_weights(const TransferOptions& options, const Architecture& architecture,
                              Weights& weights) {
  const std::string file = options.weights.string();
  if (std::error_code ignored; !std::filesystem::exists(options.weights, ignored)) {
    throw ModelError(file +
                     ": no such file, named by init.weights; train what makes it first, name another, "
                     "or begin with random weights: init={}");
  }
  check_patterns(options.skip, architecture, "init.skip");
  FittingWeights held = load_fitting_weights(options.weights, architecture);
  Transfer transfer;
  std::vector<std::string> others;
  const LayerInfo* const head = head_of(architecture);
  for (const auto& [name, tensor] : weights.tensors) {
    const auto other = held.other_shapes.find(name);
    if (const std::string* pattern = matching_pattern(name, options.skip)) {
      transfer.not_loaded.push_back({name, fmt::format("skipped by '{}'", *pattern), false});
    } else if (held.tensors.contains(name)) {
      transfer.loaded.push_back(name);
    } else if (other == held.other_shapes.end()) {
      transfer.not_loaded.push_back({name, "not in the file", false});
    } else if (head != nullptr && has_parameter(*head, name) &&
               differ_in_outputs(other->second, tensor.shape())) {
      const std::int64_t there = other->second.front(), here = tensor.dim(0);
      transfer.not_loaded.push_back({name, fmt::format("{} outputs there, {} here", there, here), true});
      transfer.new_head =
          fmt::format("the head '{}' begins anew: {} outputs there, {} here", head->name, there, here);
    } else {
      others.push_back(fmt::format("'{}' is {} there and {} in '{}'", name, to_string(other->second),
                                   to_string(tensor.shape()), architecture.name));
    }
  }
  if (!others.empty()) {
    throw ModelError(
        fmt::format("{}: tensors have other shapes; name them under init.skip to begin with "
                    "random ones:{}",
                    file, listed(others)));
  }
  if (transfer.loaded.empty()) {
    throw ModelError(fmt::format("{}: holds no tensor that '{}' could take (its first is '{}')", file,
                                 architecture.name, held.unused.empty() ? "" : held.unused.front()));
  }
  for (const std::string& name : transfer.loaded) weights.tensors[name] = std::move(held.tensors[name]);
  transfer.unused = std::move(held.unused);
  return transfer;
}

std::vector<std::string> describe_transfer(const Transfer& transfer, const TransferOptions& options) {
  const std::string file = options.weights.string();
  std::vector<std::string> lines{fmt::format("{}: {} of {} tensors loaded", file, transfer.loaded.size(),
                                             transfer.loaded.size() + transfer.not_loaded.size())};
  if (!transfer.new_head.empty()) lines.push_back(transfer.new_head);
  for (const LeftTensor& left : transfer.not_loaded) {
    if (left.new_head) continue;
    lines.push_back(fmt::format("not loaded: {} ({})", left.name, left.reason));
  }
  for (const std::string& name : transfer.unused) lines.push_back(fmt::format("not used: {}", name));
  return lines;
}

}  // namespace actionflow
