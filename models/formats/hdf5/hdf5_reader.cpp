#include "models/formats/hdf5/hdf5_reader.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostNames = 100'000;
constexpr std::size_t kMostTextBytes = 4 << 20;  // a network's description takes some ten kilobytes
constexpr int kMostRank = 8;
constexpr int kDeepestGroup = 32;
constexpr std::uint64_t kMostCompression = 1032;  // of deflate, the best that files have

[[noreturn]] void fail(const std::string& what) { throw ModelError(what); }

class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle(hid_t id, Close close, const std::string& what) : id_(id), close_(close) {
    if (id < 0) fail(fmt::format("{} cannot be read", what));
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

bool has_attribute(hid_t object, const std::string& name) { return H5Aexists(object, name.c_str()) > 0; }

std::size_t point_count(hid_t space, const std::string& what) {
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (count < 0 || static_cast<std::size_t>(count) > kMostNames) fail(fmt::format("{}: odd extent", what));
  return static_cast<std::size_t>(count);
}

std::vector<std::string> read_variable_strings(hid_t attribute, hid_t type, hid_t space, std::size_t count,
                                               const std::string& what) {
  std::vector<char*> pointers(count, nullptr);
  if (H5Aread(attribute, type, pointers.data()) < 0) fail(fmt::format("{} cannot be read", what));
  std::vector<std::string> texts;
  texts.reserve(pointers.size());
  for (const char* text : pointers) {
    texts.emplace_back(text == nullptr ? "" : text, text == nullptr ? 0 : strnlen(text, kMostTextBytes + 1));
  }
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
  return texts;
}

std::vector<std::string> read_fixed_strings(hid_t attribute, hid_t type, std::size_t count,
                                            const std::string& what) {
  const std::size_t width = H5Tget_size(type);
  if (width == 0 || width > kMostTextBytes || width * count > kMostTextBytes)
    fail(fmt::format("{}: too long", what));
  std::string bytes(width * count, '\0');
  if (H5Aread(attribute, type, bytes.data()) < 0) fail(fmt::format("{} cannot be read", what));
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const char* text = bytes.data() + i * width;
    texts.emplace_back(text, strnlen(text, width));
  }
  return texts;
}

// A text, or a list of texts, of fixed or variable length. An empty list has whatever type.
std::vector<std::string> read_strings(hid_t object, const std::string& name) {
  const std::string what = fmt::format("attribute '{}'", name);
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, what);
  const Handle space(H5Aget_space(attribute), H5Sclose, what);
  const std::size_t count = point_count(space, what);
  if (count == 0) return {};
  const Handle type(H5Aget_type(attribute), H5Tclose, what);
  if (H5Tget_class(type) != H5T_STRING) fail(fmt::format("{} is no text", what));
  std::vector<std::string> texts = H5Tis_variable_str(type) > 0
                                       ? read_variable_strings(attribute, type, space, count, what)
                                       : read_fixed_strings(attribute, type, count, what);
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  if (bytes > kMostTextBytes) fail(fmt::format("{} is longer than {} bytes", what, kMostTextBytes));
  return texts;
}

// Empty where it is missing.
std::string read_text(hid_t object, const std::string& name) {
  if (!has_attribute(object, name)) return {};
  const std::vector<std::string> texts = read_strings(object, name);
  if (texts.size() != 1) fail(fmt::format("attribute '{}' is not one text", name));
  return texts.front();
}

// Keras cuts a list that does not fit into one attribute into name0, name1, …
std::vector<std::string> read_list(hid_t object, const std::string& name) {
  if (has_attribute(object, name)) return read_strings(object, name);
  if (!has_attribute(object, name + "0")) fail(fmt::format("attribute '{}' is missing", name));
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kMostNames && has_attribute(object, name + std::to_string(i)); ++i) {
    for (std::string& text : read_strings(object, name + std::to_string(i))) all.push_back(std::move(text));
    if (all.size() > kMostNames) fail(fmt::format("attribute '{}' is too long", name));
  }
  return all;
}

// Each step of the path must be a link inside this file.
void check_links(hid_t group, const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string step = path.substr(0, end);
    H5L_info_t info;
    if (H5Lget_info(group, step.c_str(), &info, H5P_DEFAULT) < 0) fail(fmt::format("'{}' is missing", path));
    if (info.type != H5L_TYPE_HARD) fail(fmt::format("'{}' is a link, which Keras does not write", step));
    if (end == std::string::npos) return;
  }
}

void check_storage(hid_t dataset, const std::string& name) {
  const Handle plist(H5Dget_create_plist(dataset), H5Pclose, name);
  const H5D_layout_t layout = H5Pget_layout(plist);
  if (layout != H5D_CONTIGUOUS && layout != H5D_COMPACT && layout != H5D_CHUNKED) {
    fail(fmt::format("'{}' is stored in an unknown way", name));
  }
  if (H5Pget_external_count(plist) != 0) fail(fmt::format("'{}' is stored in another file", name));
}

Shape read_shape(hid_t dataset, const std::string& name) {
  const Handle space(H5Dget_space(dataset), H5Sclose, name);
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 0 || rank > kMostRank) fail(fmt::format("'{}' has {} axes", name, rank));
  hsize_t extents[kMostRank] = {};
  if (rank > 0 && H5Sget_simple_extent_dims(space, extents, nullptr) != rank) {
    fail(fmt::format("'{}' has no shape", name));
  }
  return Shape(extents, extents + rank);
}

struct BeyondBudget {};

// `budget`: bytes that no tensor has claimed yet, so that a small file cannot ask for much memory. Throws
// BeyondBudget where the tensor is more.
Tensor read_dataset(hid_t group, const std::string& name, std::uint64_t& budget) {
  check_links(group, name);
  const Handle dataset(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose, fmt::format("'{}'", name));
  check_storage(dataset, name);
  const Handle type(H5Dget_type(dataset), H5Tclose, name);
  const H5T_class_t kind = H5Tget_class(type);
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) fail(fmt::format("'{}' holds no numbers", name));
  const Shape shape = read_shape(dataset, name);
  std::uint64_t bytes = sizeof(float);
  for (std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes))
      bytes = UINT64_MAX;
  }
  if (bytes > budget) throw BeyondBudget();
  const std::uint64_t stored = H5Dget_storage_size(dataset);
  if (bytes / sizeof(float) > kMostCompression * stored)
    fail(fmt::format("'{}' of shape {} is larger than what is stored of it", name, to_string(shape)));
  budget -= bytes;
  Tensor tensor(shape);
  if (tensor.size() > 0 &&
      H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.data()) < 0) {
    fail(fmt::format("the values of '{}' cannot be read", name));
  }
  return tensor;
}

Handle open_group(hid_t where, const std::string& name) {
  check_links(where, name);
  return {H5Gopen2(where, name.c_str(), H5P_DEFAULT), H5Gclose, fmt::format("group '{}'", name)};
}

void read_layers(hid_t group, std::uint64_t budget, std::vector<KerasWeight>& weights) {
  for (const std::string& layer : read_list(group, "layer_names")) {
    const Handle inner = open_group(group, layer);
    for (const std::string& name : read_list(inner, "weight_names")) {
      if (weights.size() == kMostNames) fail("too many weights");
      weights.push_back({layer, name, read_dataset(inner, name, budget)});
    }
  }
}

// The names of what a group holds, sorted. All are links inside this file.
std::vector<std::string> names_in(hid_t group) {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
    auto& list = *static_cast<std::vector<std::string>*>(to);
    if (list.size() == kMostNames) return -1;
    list.emplace_back(name);
    return 0;
  };
  if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names) < 0)
    fail("a group cannot be listed");
  for (const std::string& name : names) check_links(group, name);
  return names;
}

bool is_group(hid_t where, const std::string& name) {
  const Handle object(H5Oopen(where, name.c_str(), H5P_DEFAULT), H5Oclose, fmt::format("'{}'", name));
  return H5Iget_type(object) == H5I_GROUP;
}

// The layout of Keras 3 and of .weights.h5: layers/CLASS_3/vars/0, where later versions note the layer's own
// name beside `vars`; parts of a layer (forward_layer, cell) and layers of a model within stand below it.
class NumberedVariables {
 public:
  NumberedVariables(std::uint64_t budget, std::vector<KerasWeight>& weights)
      : budget_(budget), weights_(weights) {}

  void read(hid_t root) { read_model(root, {.group = {}, .named = std::string()}, 0); }

 private:
  // What a layer is called: by its groups, "layers/conv3d_1", and by names, where all on the way have one.
  struct Called {
    std::string group;
    std::optional<std::string> named = std::string();
  };

  void read_model(hid_t model, const Called& called, int depth) {
    const Handle layers = open_group(model, "layers");
    for (const std::string& step : names_in(layers)) {
      if (!is_group(layers, step)) continue;
      const Handle layer = open_group(layers, step);
      Called own{called.group + (called.group.empty() ? "" : "/") + "layers/" + step, std::nullopt};
      const std::string name = H5Lexists(layer, "vars", H5P_DEFAULT) > 0
                                   ? read_text(open_group(layer, "vars"), "name")
                                   : std::string();
      if (called.named && !name.empty())
        own.named = called.named->empty() ? name : *called.named + "/" + name;
      read_part(layer, own, {}, depth + 1);
    }
  }

  void read_part(hid_t part, const Called& called, const std::string& path, int depth) {
    if (depth > kDeepestGroup) fail(fmt::format("groups stand more than {} deep", kDeepestGroup));
    for (const std::string& step : names_in(part)) {
      if (!is_group(part, step)) continue;
      if (step == "vars") {
        read_variables(open_group(part, step), called, path);
      } else if (step == "layers") {
        read_model(part, called, depth + 1);
      } else {
        read_part(open_group(part, step), called, path + step + "/", depth + 1);
      }
    }
  }

  void read_variables(hid_t variables, const Called& called, const std::string& path) {
    for (std::size_t i = 0; H5Lexists(variables, std::to_string(i).c_str(), H5P_DEFAULT) > 0; ++i) {
      if (weights_.size() == kMostNames) fail("too many weights");
      weights_.push_back({called.named.value_or(called.group), fmt::format("{}vars/{}", path, i),
                          read_dataset(variables, std::to_string(i), budget_)});
    }
  }

  std::uint64_t budget_;
  std::vector<KerasWeight>& weights_;
};

void read_weights(hid_t root, std::uint64_t budget, std::vector<KerasWeight>& weights) {
  const auto holds = [&](const char* name) { return H5Lexists(root, name, H5P_DEFAULT) > 0; };
  if (has_attribute(root, "layer_names") || has_attribute(root, "layer_names0")) {
    read_layers(root, budget, weights);
  } else if (holds("model_weights")) {
    read_layers(open_group(root, "model_weights"), budget, weights);
  } else if (holds("layers")) {
    NumberedVariables(budget, weights).read(root);
  } else {
    fail("holds none of 'model_weights', 'layer_names' and 'layers': no model that Keras saved");
  }
}

}  // namespace

KerasFile read_keras_file_here(const std::filesystem::path& path, std::uint64_t most_bytes) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "the HDF5 file");
  const Handle root = Handle(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose, "the root group");
  KerasFile content;
  content.model_config = read_text(root, "model_config");
  content.keras_version = read_text(root, "keras_version");
  try {
    read_weights(root, most_bytes, content.weights);
  } catch (const BeyondBudget&) {
    content.weights.clear();
    content.whole = false;
  }
  return content;
}

}  // namespace actionflow
