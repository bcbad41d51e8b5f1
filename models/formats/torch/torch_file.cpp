#include "models/formats/torch/torch_file.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "models/formats/torch/pickle.h"
#include "models/formats/torch/state_dict.h"
#include "models/formats/zip/zip_directory.h"

namespace actionflow::torch {
namespace {

constexpr std::string_view kPickleName = "data.pkl";
constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);  // of the older form
constexpr std::int64_t kOlderVersion = 1001;

using Storages = std::map<std::string, std::string_view, std::less<>>;  // bytes by key

// ---- both forms ----

std::string_view bytes_of(const Storages& storages, const PickleStorage& storage, const std::string& file) {
  const auto found = storages.find(storage.key);
  if (found == storages.end())
    throw ModelError(fmt::format("{}: storage '{}' is not in the file", file, storage.key));
  const std::uint64_t held = found->second.size() / element_bytes(storage.type);
  if (storage.elements < 0 || static_cast<std::uint64_t>(storage.elements) > held) {
    throw ModelError(fmt::format("{}: storage '{}' holds {} bytes, too few for {} elements of {}", file,
                                 storage.key, found->second.size(), storage.elements,
                                 to_string(storage.type)));
  }
  return found->second;
}

StoredTensor place(const std::string& name, const PickleTensor& tensor, const Pickle& pickle,
                   const Storages& storages, const std::string& file) {
  const PickleStorage& storage = pickle.storages[tensor.storage];
  const std::string_view bytes = bytes_of(storages, storage, file);
  StoredTensor placed{.name = name, .type = storage.type, .shape = tensor.shape, .strides = tensor.strides};
  const std::optional<std::int64_t> elements = reach(placed);
  const std::int64_t held = storage.elements - storage.first;
  if (!elements || tensor.offset < 0 || tensor.offset > held || *elements > held - tensor.offset) {
    throw ModelError(fmt::format("{}: tensor '{}' ({}) leaves its storage of {} elements", file, name,
                                 to_string(tensor.shape), held));
  }
  placed.data =
      bytes.data() + static_cast<std::size_t>(storage.first + tensor.offset) * element_bytes(storage.type);
  return placed;
}

std::vector<StoredTensor> place_all(const Pickle& pickle, const Storages& storages, const std::string& file) {
  std::vector<StoredTensor> placed;
  for (const auto& [name, index] : find_state_dict(pickle, file))
    placed.push_back(place(std::string(name), pickle.tensors[index], pickle, storages, file));
  return placed;
}

// ---- zip ----

// "archive/data.pkl": the folder with its slash; nothing where there is no such file.
std::optional<std::string> root_of(const std::map<std::string, std::string_view>& entries) {
  for (const auto& [name, bytes] : entries) {
    if (name == kPickleName) return "";
    if (name.ends_with(kPickleName) && name.find('/') == name.size() - kPickleName.size() - 1)
      return name.substr(0, name.size() - kPickleName.size());
  }
  return {};
}

std::vector<StoredTensor> read_zip(std::string_view bytes, const std::string& file) {
  const std::map<std::string, std::string_view> entries = zip_entries(bytes, file);
  const std::optional<std::string> root = root_of(entries);
  if (!root) throw ModelError(fmt::format("{}: is a zip archive without '{}'", file, kPickleName));
  if (entries.contains(*root + "constants.pkl")) {
    throw ModelError(
        fmt::format("{}: is a TorchScript program; in Python, save its state dict alone: "
                    "torch.save(torch.jit.load(…).state_dict(), …)",
                    file));
  }
  if (const auto order = entries.find(*root + "byteorder");
      order != entries.end() && order->second != "little")
    throw ModelError(fmt::format("{}: its byte order is '{}', expected little", file, order->second));
  const std::string folder = *root + "data/";
  Storages storages;
  for (const auto& [name, data] : entries) {
    if (name.starts_with(folder)) storages.emplace(name.substr(folder.size()), data);
  }
  return place_all(read_pickle(entries.at(*root + std::string(kPickleName)), file), storages, file);
}

// ---- the older form: five pickles, then each storage's count and bytes ----

class OlderFile {
 public:
  OlderFile(std::string_view bytes, const std::string& file) : rest_(bytes), file_(file) {}

  std::vector<StoredTensor> read() {
    check_head();
    const Pickle content = next();
    const Pickle keys = next();
    return place_all(content, storages(content, keys), file_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(fmt::format("{}: {}", file_, what));
  }

  Pickle next() {
    Pickle pickle = read_pickle(rest_, file_);
    rest_.remove_prefix(pickle.bytes);
    return pickle;
  }

  void check_head() {
    const Pickle magic = next();
    if (magic.value.kind != PickleKind::string || magic.string(magic.value) != kMagic)
      fail("is a pickle that torch.save() did not write");
    const Pickle version = next();
    if (version.value.kind != PickleKind::integer || version.value.integer != kOlderVersion)
      fail(fmt::format("is a file of PyTorch's of another version than {}", kOlderVersion));
    const Pickle system = next();
    if (system.value.kind != PickleKind::dict) fail("does not say of which system it is");
    for (const auto& [key, value] : system.dicts[system.value.index]) {
      if (key.kind == PickleKind::string && system.string(key) == "little_endian" && value.index == 0)
        fail("its byte order is big, expected little");
    }
  }

  Storages storages(const Pickle& content, const Pickle& keys) {
    if (keys.value.kind != PickleKind::list) fail("does not list its storages");
    std::map<std::string_view, ElementType> types;
    for (const PickleStorage& storage : content.storages) {
      const auto [held, fresh] = types.emplace(storage.key, storage.type);
      if (held->second != storage.type) fail(fmt::format("storage '{}' is of two types", storage.key));
    }
    Storages found;
    for (const PickleValue& key : keys.sequences[keys.value.index]) {
      if (key.kind != PickleKind::string) fail("lists a storage that has no name");
      const auto type = types.find(keys.string(key));
      if (type == types.end()) fail(fmt::format("lists a storage '{}' that no tensor has", keys.string(key)));
      found[std::string(type->first)] = take_storage(element_bytes(type->second), type->first);
    }
    return found;
  }

  std::string_view take_storage(std::size_t bytes, std::string_view key) {
    std::uint64_t count = 0;
    if (rest_.size() < sizeof(count)) fail(fmt::format("ends before storage '{}' (cut short?)", key));
    std::memcpy(&count, rest_.data(), sizeof(count));
    rest_.remove_prefix(sizeof(count));
    if (count > rest_.size() / bytes) fail(fmt::format("ends inside storage '{}' (cut short?)", key));
    const std::string_view storage = rest_.substr(0, count * bytes);
    rest_.remove_prefix(storage.size());
    return storage;
  }

  std::string_view rest_;
  const std::string& file_;
};

}  // namespace

bool begins_as_pickle(std::string_view head) {
  return head.size() > 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5;
}

bool is_torch_zip(std::string_view bytes, const std::string& file) {
  return root_of(zip_entries(bytes, file)).has_value();
}

std::vector<StoredTensor> read_state_dict(std::string_view bytes, const std::string& file) {
  return bytes.starts_with(kZipSignature) ? read_zip(bytes, file) : OlderFile(bytes, file).read();
}

}  // namespace actionflow::torch
