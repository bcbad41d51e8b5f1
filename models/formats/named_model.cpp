#include "models/formats/named_model.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "models/formats/names/match_tensors.h"
#include "models/formats/names/tensor_part.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostOutsideNamed = 3;

std::string outside_note(const TensorMatch& match) {
  std::string names;
  for (std::size_t i = 0; i < std::min(match.outside.size(), kMostOutsideNamed); ++i)
    names += fmt::format("{}'{}'", i == 0 ? "" : ", ", match.outside[i]->name);
  const bool all = match.outside.size() <= kMostOutsideNamed;
  return fmt::format("not used, since they do not begin with '{}': {}{}", match.prefix, names,
                     all ? "" : fmt::format(" and {} more", match.outside.size() - kMostOutsideNamed));
}

std::vector<std::string> notes_of(const TensorMatch& match) {
  std::vector<std::string> notes;
  if (!match.prefix.empty()) notes.push_back(fmt::format("names are taken without '{}'", match.prefix));
  if (!match.outside.empty()) notes.push_back(outside_note(match));
  return notes;
}

void take_parts(const TensorMatch& match, FileModel& result) {
  for (const MatchedParameter& matched : match.parameters) {
    if (!matched.tensors.empty() && !matched.fits)
      result.other_shapes[matched.parameter.parameter->name] = matched.tensors.front()->shape;
  }
  for (const auto* others : {&match.unused, &match.outside}) {
    for (const StoredTensor* tensor : *others) result.unused.push_back(tensor->name);
  }
}

void let_go(const StoredTensor& tensor, std::span<const MappedFile> mapped) {
  const auto elements = static_cast<std::size_t>(reach(tensor).value_or(0));
  for (const MappedFile& file : mapped) file.let_go({tensor.data, elements * element_bytes(tensor.type)});
}

}  // namespace

FileModel model_of_tensors(const std::vector<StoredTensor>& tensors, const ReadOptions& options,
                           const std::string& file, std::span<const MappedFile> mapped) {
  if (options.architecture == nullptr) throw NoArchitectureError(file);
  const NameMap none;
  const TensorMatch match = match_tensors(
      tensors, *options.architecture, options.names == nullptr ? none : *options.names, options.time_change);
  const std::string mismatch = options.partly ? "" : describe_mismatch(match);
  if (!mismatch.empty()) {
    throw ModelError(
        fmt::format("{}: its tensors do not fit the network '{}':{}\nwhere the names alone differ, "
                    "`convert --names MAP.yaml` takes lines of the form 'ours: theirs'",
                    file, options.architecture->name, mismatch));
  }
  FileModel result;
  result.notes = notes_of(match);
  if (options.partly) take_parts(match, result);
  for (const MatchedParameter& matched : match.parameters) {
    if (!matched.fits) continue;
    result.model.weights.tensors[matched.parameter.parameter->name] = read_parameter(matched);
    for (const StoredTensor* tensor : matched.tensors) let_go(*tensor, mapped);
  }
  result.model.architecture = *options.architecture;
  return result;
}

std::vector<ListedTensor> listed_tensors(const std::vector<StoredTensor>& tensors) {
  std::vector<ListedTensor> list;
  for (const StoredTensor& tensor : tensors) list.push_back({tensor.name, tensor.type, tensor.shape});
  return list;
}

std::vector<std::pair<std::string, Tensor>> torch_weights(const Model& model, const NameMap* names) {
  std::vector<std::pair<std::string, Tensor>> weights;
  for (const TorchParameter& parameter : torch_parameters(model.architecture)) {
    const std::string& own = parameter.parameter->name;
    if (parameter.form.tensors.empty())
      throw ModelError(fmt::format("'{}': PyTorch has no layer that computes what this one does", own));
    std::vector<Tensor> theirs = to_torch(parameter, model.weights.tensors.at(own));
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      const std::string& name = parameter.form.tensors[i];
      weights.emplace_back(names == nullptr ? name : names->theirs(*parameter.parameter, name),
                           std::move(theirs[i]));
    }
  }
  return with_parts_joined(std::move(weights));
}

}  // namespace actionflow
