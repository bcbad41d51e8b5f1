#include "models/formats/onnx/operators/network_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/error.h"
#include "base/text/lower_case.h"
#include "models/graph/reserved_names.h"

namespace actionflow::onnx {
namespace {

// Where whole axes only change places: which of ours each becomes.
std::optional<std::array<int, kAxes>> exchange(const Value& value, const Placement& placement) {
  std::array<int, kAxes> order{-1, -1, -1, -1};
  std::array<bool, kAxes> taken{};
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    Dim all;
    for (const std::size_t dim : placement[axis])
      all.insert(all.end(), value.view.dims[dim].begin(), value.view.dims[dim].end());
    if (all.empty()) continue;
    const auto from = static_cast<std::size_t>(all.front().axis);
    if (all != whole_axis(all.front().axis, value.extents[from])) return std::nullopt;
    order[axis] = all.front().axis;
    taken[from] = true;
  }
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    if (order[axis] >= 0) continue;
    const std::size_t preferred = taken[axis] ? 0 : axis;
    std::size_t from = preferred;
    while (taken[from]) ++from;
    order[axis] = static_cast<int>(from);
    taken[from] = true;
  }
  return order;
}

AxisExtents permuted(const AxisExtents& extents, const std::array<int, kAxes>& order) {
  AxisExtents result{};
  for (std::size_t i = 0; i < kAxes; ++i) result[i] = extents[static_cast<std::size_t>(order[i])];
  return result;
}

// "/layer1/layer1.0/conv1/conv1.0/Conv", where each part says the one before it anew: layer1.0.conv1.0.
std::string joined_path(std::string_view path) {
  std::string result, last;
  std::size_t last_begin = 0;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string part(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (part.empty()) continue;
    if (!last.empty() && part.starts_with(last + ".")) {
      result.resize(last_begin);
    } else if (!result.empty()) {
      result += '.';
    }
    last_begin = result.size();
    result += part;
    last = part;
  }
  return result;
}

// The operator at the end of a node's path in lower case; left out where the module before is called so:
// "layer1.relu_1.Relu" is layer1.relu_1.
std::string with_operator(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
  const std::string op = lower_case(path.substr(begin));
  if (begin == 0) return op;
  const std::string module = path.substr(0, dot);
  const std::string last = module.substr(module.rfind('.') + 1);
  const bool same = last == op || (last.starts_with(op + "_") &&
                                   last.find_first_not_of("0123456789", op.size() + 1) == std::string::npos);
  return same ? module : fmt::format("{}.{}", module, op);
}

// Whether each position of the result is made of the same position of its inputs.
bool works_at_each_position(const ModelLine& line) {
  static const std::set<std::string> kLayers{"dense", "layer_norm", "batch_norm", "scale",   "relu",
                                             "gelu",  "gelu_tanh",  "sigmoid",    "silu",    "tanh",
                                             "add",   "multiply",   "maximum",    "softmax", "attention"};
  return kLayers.contains(line.layer) || (line.layer == "slice" && option(line, "axis") == "c");
}

bool same_positions(const AxisExtents& a, const AxisExtents& b) {
  return std::equal(a.begin(), a.begin() + kChannels, b.begin());
}

}  // namespace

std::string option(const ModelLine& line, std::string_view key) {
  for (const auto& [name, value] : line.options)
    if (name == key) return value;
  return {};
}

std::string yaml(const std::vector<std::int64_t>& values) {
  if (std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == values.front(); }))
    return std::to_string(values.front());
  return fmt::format("[{}]", fmt::join(values, ", "));
}

std::string NetworkWriter::unique(const std::string& name) {
  std::string result = belongs_to_training(name + ".") ? "layer_" + name : name;
  for (int i = 1; line_by_name_.contains(result); ++i) result = fmt::format("{}_{}", name, i);
  return result;
}

Value NetworkWriter::append(ModelLine line, const AxisExtents& extents, AxisView view) {
  line.name = unique(line.name);
  constexpr std::int64_t kMostElements = (std::int64_t{1} << 31) - 1;
  std::int64_t size = 1;
  for (const std::int64_t extent : extents)
    if (extent > kMostElements || (size *= extent) > kMostElements)
      throw ModelError(fmt::format("{}: layer '{}' would have more than 2³¹ − 1 elements", file_, line.name));
  line_by_name_.emplace(line.name, lines_.size());
  Value result{.layer = line.name, .extents = extents, .view = std::move(view), .padding = {}};
  lines_.push_back(std::move(line));
  return result;
}

// Axis by axis what comes around the end, behind what stands before it.
std::string NetworkWriter::rolled_layer(const Value& value) {
  const auto [known, is_new] = rolled_.try_emplace({value.layer, value.roll});
  if (!is_new) return known->second;
  std::string layer = value.layer;
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    const std::int64_t roll = value.roll[axis], extent = value.extents[axis];
    if (roll == 0) continue;
    const std::string letter = kAxisLetters[axis];
    const auto part = [&](std::int64_t begin, std::int64_t count) {
      AxisExtents extents = value.extents;
      extents[axis] = count;
      return append({.layer = "slice",
                     .name = value.layer + "/part",
                     .options = {{"axis", letter},
                                 {"begin", std::to_string(begin)},
                                 {"count", std::to_string(count)}},
                     .from = {layer}},
                    extents, {})
          .layer;
    };
    const std::string first = part(roll, extent - roll), second = part(0, roll);
    layer = append({.layer = "concat",
                    .name = value.layer + "/rolled",
                    .options = {{"axis", letter}},
                    .from = {first, second}},
                   value.extents, {})
                .layer;
  }
  known->second = layer;
  return layer;
}

Value NetworkWriter::add(ModelLine line, const std::vector<const Value*>& from, const AxisExtents& extents,
                         AxisView view) {
  const AxisExtents roll = from.front()->roll;
  const bool keeps =
      works_at_each_position(line) && std::all_of(from.begin(), from.end(), [&](const Value* value) {
        return value->roll == roll && same_positions(value->extents, from.front()->extents);
      });
  for (const Value* value : from)
    line.from.push_back(keeps || value->roll == AxisExtents{} ? value->layer : rolled_layer(*value));
  Value result = append(std::move(line), extents, std::move(view));
  if (keeps) result.roll = roll;
  return result;
}

Value NetworkWriter::add(ModelLine line, const Value& from) {
  return add(std::move(line), {&from}, from.extents, from.view);
}

void NetworkWriter::set_weight(const std::string& layer, const std::string& role, Tensor value) {
  weights_left_ -= value.size();
  if (weights_left_ < 0)
    throw ModelError(fmt::format("{}: its layers would have far more weights than the file holds", file_));
  weights_.tensors.insert_or_assign(layer + "." + role, std::move(value));
}

Tensor* NetworkWriter::find_weight(const std::string& layer, const std::string& role) {
  const auto found = weights_.tensors.find(layer + "." + role);
  return found == weights_.tensors.end() ? nullptr : &found->second;
}

const ModelLine* NetworkWriter::line_of(const std::string& layer) const {
  const auto found = line_by_name_.find(layer);
  return found == line_by_name_.end() ? nullptr : &lines_[found->second];
}

std::optional<NetworkWriter::Part> NetworkWriter::part_of(const std::string& layer) const {
  const ModelLine* line = line_of(layer);
  if (line == nullptr || line->layer != "slice") return std::nullopt;
  Part part{.whole = line->from.front(), .axis = option(*line, "axis")};
  part.begin = std::stoll(option(*line, "begin"));
  part.count = std::stoll(option(*line, "count"));
  return part;
}

std::optional<float> NetworkWriter::factor_of(const std::string& layer) const {
  const ModelLine* line = line_of(layer);
  if (line == nullptr || line->layer != "batch_norm" || !line->options.empty()) return std::nullopt;
  constexpr float kUnchanged[] = {0, 0, 1 - kScaleEpsilon};
  std::size_t i = 0;
  for (const char* role : {"beta", "moving_mean", "moving_variance"}) {
    const auto values = weights_.tensors.at(layer + "." + role).values();
    const float expected = kUnchanged[i++];
    if (!std::all_of(values.begin(), values.end(), [&](float v) { return v == expected; }))
      return std::nullopt;
  }
  const auto gamma = weights_.tensors.at(layer + ".gamma").values();
  if (!std::all_of(gamma.begin(), gamma.end(), [&](float v) { return v == gamma[0]; })) return std::nullopt;
  return gamma[0];
}

void NetworkWriter::keep_only(const Value& result) {
  std::set<std::string> needed{result.layer};
  std::vector<ModelLine> kept;
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (!needed.contains(line->name)) {
      std::erase_if(weights_.tensors, [&](const auto& tensor) {
        return tensor.first.substr(0, tensor.first.rfind('.')) == line->name;
      });
      continue;
    }
    needed.insert(line->from.begin(), line->from.end());
    kept.push_back(std::move(*line));
  }
  lines_.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
  line_by_name_.clear();
  for (std::size_t i = 0; i < lines_.size(); ++i) line_by_name_.emplace(lines_[i].name, i);
}

ModelLine* NetworkWriter::own_line(const Value& value) {
  const auto found = line_by_name_.find(value.layer);
  return value.sole && found != line_by_name_.end() ? &lines_[found->second] : nullptr;
}

Value NetworkWriter::reshaped_to(const Value& value, const AxisExtents& to, const Node& node) {
  if (value.extents == to) return value;
  ModelLine line{.layer = "reshape", .name = layer_name(node) + "/reshape", .options = {}, .from = {}};
  const std::int64_t size = to[kTime] * to[kHeight] * to[kWidth] * to[kChannels];
  if (to[kChannels] == size) {
    line.layer = "flatten";
  } else if (to[kTime] == value.extents[kTime] && to[kTime] * to[kChannels] == size) {
    line.layer = "flatten";
    line.options.emplace_back("keep_time", "true");
  } else {
    for (const auto& [axis, name] :
         {std::pair{kTime, "time"}, {kHeight, "height"}, {kWidth, "width"}, {kChannels, "channels"}}) {
      if (to[axis] != 1) line.options.emplace_back(name, std::to_string(to[axis]));
    }
  }
  return add(std::move(line), {&value}, to, value.view);
}

Value NetworkWriter::permuted_by(const Value& value, const std::array<int, kAxes>& order, const Node& node) {
  if (order == std::array<int, kAxes>{0, 1, 2, 3}) return value;
  constexpr std::string_view kLetters = "thwc";
  std::vector<char> letters;
  for (const int axis : order) letters.push_back(kLetters[static_cast<std::size_t>(axis)]);
  ModelLine line{.layer = "permute", .name = layer_name(node) + "/permute", .options = {}, .from = {}};
  line.options.emplace_back("order", fmt::format("[{}]", fmt::join(letters, ", ")));
  return add(std::move(line), {&value}, permuted(value.extents, order), value.view);
}

Value NetworkWriter::arranged(const Value& value, const Placement& placement, const Node& node) {
  const AxisExtents to = placed_extents(value.view, placement);
  std::int64_t placed_size = 1, size = 1;
  for (const std::int64_t extent : to) placed_size *= extent;
  for (const std::int64_t extent : value.extents) size *= extent;
  if (placed_size != size)
    node.fail(fmt::format("its input of {} has a batch other than 1 here", to_string(value.view.shape())));
  const std::vector<Piece> target = placed(value.view, placement);
  const std::vector<Piece> current = in_memory(value.view);
  Value result = value;
  if (target != current) {
    if (const auto order = exchange(value, placement)) {
      result = permuted_by(value, *order, node);
    } else {
      for (const Move& move : moves(current, target)) {
        result = reshaped_to(result, move.extents, node);
        result = permuted_by(result, move.order, node);
      }
    }
  }
  result = reshaped_to(result, to, node);
  result.view = placed_view(value.view, placement);
  result.sole = result.layer != value.layer || value.sole;
  return result;
}

std::string NetworkWriter::layer_name(const Node& node, const std::string& weight) {
  constexpr std::string_view kWeight = ".weight";
  std::string name;
  if (weight.ends_with(kWeight) && weight.find("::") == std::string::npos) {
    name = weight.substr(0, weight.size() - kWeight.size());
  } else {
    const std::size_t slash = node.name.rfind('/');
    const bool of_weight = !weight.empty() && node.name.starts_with('/') && slash > 0;
    name = of_weight ? node.name.substr(0, slash) : node.name;
    if (name.starts_with("node_")) name = name.substr(5);
    name = of_weight ? joined_path(name) : with_operator(joined_path(name));
  }
  return layer_name_from(name, ".");
}

}  // namespace actionflow::onnx
