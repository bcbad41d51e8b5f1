#include "models/formats/names/tensor_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/error.h"

namespace actionflow {
namespace {

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::int64_t row_size(const Shape& shape) { return element_count({shape.begin() + 1, shape.end()}); }

Tensor joined(const std::string& name, const std::vector<const Tensor*>& parts) {
  for (const Tensor* part : parts) {
    if (part == nullptr || part->shape().empty() || part->shape() != parts.front()->shape())
      throw ModelError(fmt::format("'{}' is in {} parts, of which one is missing or another's shape differs",
                                   name, parts.size()));
  }
  Shape shape = parts.front()->shape();
  shape[0] *= static_cast<std::int64_t>(parts.size());
  Tensor whole(shape);
  float* to = whole.data();
  for (const Tensor* part : parts) to = std::copy_n(part->data(), part->size(), to);
  return whole;
}

}  // namespace

TensorPart tensor_part(std::string_view name) {
  const std::size_t begin = name.rfind('['), slash = name.rfind('/');
  if (!name.ends_with(']') || begin == std::string_view::npos || slash == std::string_view::npos ||
      slash < begin)
    return {.tensor = name};
  const std::optional<int> index = number(name.substr(begin + 1, slash - begin - 1));
  const std::optional<int> count = number(name.substr(slash + 1, name.size() - slash - 2));
  if (!index || !count || *index < 0 || *count < 1 || *index >= *count) return {.tensor = name};
  return {.tensor = name.substr(0, begin), .index = *index, .count = *count};
}

StoredTensor part_of(const StoredTensor& whole, const TensorPart& part) {
  StoredTensor view = whole;
  if (whole.shape.empty() || whole.shape[0] % part.count != 0) return view;
  view.shape[0] /= part.count;
  const std::int64_t row = whole.strides.empty() ? row_size(whole.shape) : whole.strides[0];
  const std::int64_t first = view.shape[0] * part.index * row;
  if (view.data != nullptr && element_count(view.shape) > 0)
    view.data += static_cast<std::size_t>(first) * element_bytes(view.type);
  return view;
}

std::vector<std::pair<std::string, Tensor>> with_parts_joined(
    std::vector<std::pair<std::string, Tensor>> tensors) {
  std::map<std::string, std::vector<const Tensor*>, std::less<>> parts;
  for (const auto& [name, tensor] : tensors) {
    const TensorPart part = tensor_part(name);
    if (part.count == 1) continue;
    std::vector<const Tensor*>& of = parts[std::string(part.tensor)];
    of.resize(std::max(of.size(), static_cast<std::size_t>(part.count)));
    of[static_cast<std::size_t>(part.index)] = &tensor;
  }
  if (parts.empty()) return tensors;
  std::map<std::string, Tensor, std::less<>> wholes;
  for (const auto& [name, of] : parts) wholes.emplace(name, joined(name, of));
  std::vector<std::pair<std::string, Tensor>> all;
  for (auto& [name, tensor] : tensors) {
    const TensorPart part = tensor_part(name);
    if (part.count == 1) {
      all.emplace_back(name, std::move(tensor));
    } else if (const auto whole = wholes.find(part.tensor); whole != wholes.end()) {
      all.emplace_back(whole->first, std::move(whole->second));
      wholes.erase(whole);
    }
  }
  return all;
}

}  // namespace actionflow
