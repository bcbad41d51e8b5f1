#include "models/formats/torch/state_dict.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "base/error.h"

namespace actionflow::torch {
namespace {

using Items = std::vector<std::pair<PickleValue, PickleValue>>;

// Lightning's and mmaction2's; PyTorch's tutorials'; SlowFast's and PyTorchVideo's; DeiT's and VideoMAE's;
// DeepSpeed's; others'.
constexpr std::array<std::string_view, 7> kKeys{"state_dict", "model_state_dict", "model_state", "model",
                                                "module",     "network",          "net"};
constexpr int kMostLevels = 3;
constexpr std::size_t kMostKeysNamed = 10;

bool holds_tensors(const Items& items) {
  for (const auto& [key, value] : items) {
    if (key.kind == PickleKind::string && value.kind == PickleKind::tensor) return true;
  }
  return false;
}

const Items* held_under(const Pickle& pickle, const Items& items, std::string_view wanted) {
  for (const auto& [key, value] : items) {
    if (key.kind == PickleKind::string && pickle.string(key) == wanted && value.kind == PickleKind::dict)
      return &pickle.dicts[value.index];
  }
  return nullptr;
}

// A checkpoint may have tensors of its own beside the network's, so the keys go before.
const Items* find(const Pickle& pickle, const Items& items, int level) {
  if (level < kMostLevels) {
    for (const std::string_view key : kKeys) {
      const Items* const inner = held_under(pickle, items, key);
      if (inner == nullptr) continue;
      if (const Items* const found = find(pickle, *inner, level + 1)) return found;
    }
  }
  return holds_tensors(items) ? &items : nullptr;
}

std::string keys_of(const Pickle& pickle, const Items& items) {
  std::string text;
  std::size_t named = 0;
  for (const auto& [key, value] : items) {
    if (key.kind != PickleKind::string || ++named > kMostKeysNamed) continue;
    text += fmt::format("{}'{}'", text.empty() ? "" : ", ", pickle.string(key));
  }
  return named > kMostKeysNamed ? fmt::format("{} and {} more", text, named - kMostKeysNamed) : text;
}

}  // namespace

std::vector<std::pair<std::string_view, std::size_t>> find_state_dict(const Pickle& pickle,
                                                                      const std::string& file) {
  if (pickle.value.kind != PickleKind::dict) {
    throw ModelError(
        fmt::format("{}: holds no state dict; in Python: torch.save(model.state_dict(), …)", file));
  }
  const Items& all = pickle.dicts[pickle.value.index];
  const Items* const found = find(pickle, all, 0);
  if (found == nullptr) {
    throw ModelError(
        fmt::format("{}: holds no state dict, only {}; in Python: torch.save(model.state_dict(), …)", file,
                    all.empty() ? "an empty dict" : keys_of(pickle, all)));
  }
  std::vector<std::pair<std::string_view, std::size_t>> tensors;
  std::set<std::string_view> names;
  for (const auto& [key, value] : *found) {
    if (key.kind != PickleKind::string || value.kind != PickleKind::tensor) continue;
    tensors.emplace_back(pickle.string(key), value.index);
    if (!names.insert(pickle.string(key)).second)
      throw ModelError(fmt::format("{}: tensor '{}' stands twice", file, pickle.string(key)));
  }
  return tensors;
}

}  // namespace actionflow::torch
