#include "models/training/transfer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

// What becomes of the head, where the classes of file and network have names.
struct HeadChange {
  std::vector<std::size_t> rows;  // of the file, one a class of the network, where the order is another
  bool anew = false;              // they are other classes
};

HeadChange compare_classes(const std::vector<std::string>& there, const std::vector<std::string>& here) {
  HeadChange change;
  if (there.empty() || there == here) return change;
  for (const std::string& name : here) {
    const auto found = std::find(there.begin(), there.end(), name);
    if (found == there.end() || there.size() != here.size()) return {.rows = {}, .anew = true};
    change.rows.push_back(static_cast<std::size_t>(found - there.begin()));
  }
  return change;
}

// Outputs that are no class's stand behind those that are, and stay.
Tensor with_rows(const Tensor& tensor, const std::vector<std::size_t>& rows) {
  Tensor ordered = tensor;
  const std::size_t size = static_cast<std::size_t>(tensor.size() / tensor.dim(0));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto from = tensor.values().subspan(rows[row] * size, size);
    std::copy(from.begin(), from.end(), ordered.values().begin() + static_cast<std::ptrdiff_t>(row * size));
  }
  return ordered;
}

std::string shortened(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 4;
  std::vector<std::string> shown(names.begin(),
                                 names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size())));
  return fmt::format("{}{}", fmt::join(shown, ", "), names.size() > kShown ? ", …" : "");
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
  const auto in_head = [&](const std::string& name) { return head != nullptr && has_parameter(*head, name); };
  HeadChange change;
  if (architecture.names_classes()) change = compare_classes(held.classes, architecture.classes);
  // One output for two classes has no row a class.
  for (const auto& [name, tensor] : held.tensors)
    change.anew =
        change.anew || (in_head(name) && tensor.dim(0) < static_cast<std::int64_t>(change.rows.size()));
  for (const auto& [name, tensor] : weights.tensors) {
    const auto other = held.other_shapes.find(name);
    if (const std::string* pattern = matching_pattern(name, options.skip)) {
      transfer.not_loaded.push_back({name, fmt::format("skipped by '{}'", *pattern), false});
    } else if (change.anew && in_head(name) && held.tensors.contains(name)) {
      transfer.not_loaded.push_back({name, "of other classes", true});
      transfer.new_head = fmt::format("the head '{}' begins anew: its classes there are {}; here they are {}",
                                      head->name, shortened(held.classes), shortened(architecture.classes));
    } else if (held.tensors.contains(name)) {
      transfer.loaded.push_back(name);
    } else if (other == held.other_shapes.end()) {
      transfer.not_loaded.push_back({name, "not in the file", false});
    } else if (in_head(name) && differ_in_outputs(other->second, tensor.shape())) {
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
  for (const std::string& name : transfer.loaded) {
    Tensor& tensor = held.tensors[name];
    if (!change.rows.empty() && in_head(name)) {
      tensor = with_rows(tensor, change.rows);
      transfer.reordered_head = fmt::format(
          "the head '{}' is taken by its classes' names, whose order there is another", head->name);
    }
    weights.tensors[name] = std::move(tensor);
  }
  transfer.unused = std::move(held.unused);
  return transfer;
}

std::vector<std::string> describe_transfer(const Transfer& transfer, const TransferOptions& options) {
  const std::string file = options.weights.string();
  std::vector<std::string> lines{fmt::format("{}: {} of {} tensors loaded", file, transfer.loaded.size(),
                                             transfer.loaded.size() + transfer.not_loaded.size())};
  for (const std::string& line : {transfer.new_head, transfer.reordered_head}) {
    if (!line.empty()) lines.push_back(line);
  }
  for (const LeftTensor& left : transfer.not_loaded) {
    if (left.new_head) continue;
    lines.push_back(fmt::format("not loaded: {} ({})", left.name, left.reason));
  }
  for (const std::string& name : transfer.unused) lines.push_back(fmt::format("not used: {}", name));
  return lines;
}

}  // namespace actionflow
