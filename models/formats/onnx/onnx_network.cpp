#include "models/formats/onnx/onnx_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "models/description/model_lines.h"
#include "models/formats/onnx/folding/constant_folding.h"
#include "models/formats/onnx/graph/onnx_file.h"
#include "models/formats/onnx/idioms.h"
#include "models/formats/onnx/operators/attention_match.h"
#include "models/formats/onnx/operators/operators.h"
#include "models/formats/onnx/operators/scores.h"
#include "models/formats/onnx/writing/onnx_export.h"

namespace actionflow::onnx {
namespace {

constexpr std::int64_t kMostElements = (std::int64_t{1} << 31) - 1;

bool in_bounds(const AxisExtents& extents) {
  std::int64_t size = 1;
  for (const std::int64_t extent : extents) {
    if (__builtin_mul_overflow(size, extent, &size) || size > kMostElements) return false;
  }
  return true;
}

// Which of our axes each of the file's lies along, behind the batch; a segment is an axis of 1.
constexpr int kSegment = -1;
using Layout = std::vector<int>;

std::vector<Layout> layouts(std::size_t rank) {
  switch (rank) {
    case 2:
      return {{kChannels}};
    case 3:
      return {{kTime, kChannels}, {kChannels, kTime}};
    case 4:
      return {{kChannels, kHeight, kWidth}, {kHeight, kWidth, kChannels}};
    case 5:
      return {{kChannels, kTime, kHeight, kWidth},
              {kTime, kChannels, kHeight, kWidth},
              {kTime, kHeight, kWidth, kChannels}};
    case 6:
      return {{kSegment, kChannels, kTime, kHeight, kWidth}};
    default:
      return {};
  }
}

// The network's input, seen through the file's axes.
struct NetworkInput {
  Value value;
  bool open = false;
};

NetworkInput read_input(const OnnxGraph& graph, const OnnxOpenExtents& open, const Layout& layout) {
  const auto& shape = graph.input_shape;
  const std::string where = fmt::format("{}: its input '{}'", graph.file, shown(graph.input));
  if (shape[0].value_or(1) != 1)
    throw ModelError(
        fmt::format("{} has a batch of {}: export it with a batch of 1, or an open one", where, *shape[0]));
  const AxisExtents otherwise{open.frames, open.height, open.width, 0};
  NetworkInput input;
  input.value.view.dims.emplace_back();
  for (std::size_t i = 1; i < shape.size(); ++i) {
    input.value.view.dims.emplace_back();
    if (layout[i - 1] == kSegment) {
      if (shape[i].value_or(1) != 1)
        throw ModelError(fmt::format("{} has {} segments, expected one", where, *shape[i]));
      continue;
    }
    const auto axis = static_cast<std::size_t>(layout[i - 1]);
    if (!shape[i] && axis == kChannels)
      throw ModelError(fmt::format("{} does not say its number of channels", where));
    input.open = input.open || !shape[i];
    input.value.extents[axis] = shape[i].value_or(otherwise[axis]);
    input.value.view.dims.back() = whole_axis(static_cast<int>(axis), input.value.extents[axis]);
  }
  if (!in_bounds(input.value.extents)) throw ModelError(fmt::format("{} is too large", where));
  return input;
}

// Goes through the nodes in their order, folding constants and appending layers.
class Importer {
 public:
  Importer(const OnnxGraph& graph, const Value& input)
      : graph_(graph),
        network_(graph.file, bound(graph)),
        left_to_fold_(bound(graph)),
        readers_left_(graph.readers) {
    for (const auto& [name, array] : graph.constants) entries_[name] = {.constant = array, .value = {}};
    entries_[graph.input] = {.constant = nullptr, .value = input};
  }

  void run() {
    for (const Node& node : graph_.nodes) convert(node);
  }

  // Up to the first node that tells time, space and channels apart: whether it finds each where it wants it.
  bool run_to_first_layer() {
    for (const Node& node : graph_.nodes) {
      convert(node);
      if (node.op == "Conv" || node.op == "LSTM" || node.op == "GRU") break;
    }
    const auto& lines = network_.lines();
    return std::none_of(lines.begin(), lines.end(), [](const ModelLine& line) {
      return line.layer == "permute" || line.layer == "reshape" || line.layer == "flatten";
    });
  }

  // The result, its axes along ours: N×C×T×H×W, N×C×H×W, N×T×C or N×C in the file.
  Value output() {
    const Node& last = graph_.nodes.back();
    const auto found = entries_.find(graph_.output);
    if (found == entries_.end() || !found->second.value)
      last.fail("the network's output does not depend on its input");
    const Value& value = *found->second.value;
    if (!value.padding.empty()) last.fail("the network's output is but a part of what is known here");
    static const std::map<std::size_t, Placement> kPlacements{{2, {{{0}, {}, {}, {1}}}},
                                                              {3, {{{0, 1}, {}, {}, {2}}}},
                                                              {4, {{{0}, {2}, {3}, {1}}}},
                                                              {5, {{{2}, {3}, {4}, {1}}}}};
    const auto placement = kPlacements.find(value.view.dims.size());
    Value result = placement == kPlacements.end() ? value : network_.arranged(value, placement->second, last);
    result = network_.unrolled(result);
    network_.keep_only(result);
    return result;
  }
  NetworkWriter& network() { return network_; }

 private:
  // Of all that stands at once of what is made of the file's constants: a few times as much as they are, or
  // what is small anyhow.
  static std::int64_t bound(const OnnxGraph& graph) {
    constexpr std::int64_t kSmall = 1 << 22, kTimes = 4;
    return kSmall + kTimes * graph.constant_elements();
  }

  void convert(const Node& node) {
    append(node);
    release(node);
  }

  void append(const Node& node) {
    Use use{.node = node, .network = network_, .inputs = {}, .read = {}};
    for (const std::string& name : node.inputs) use.inputs.push_back(entry(name));
    for (const std::string& name : node.outputs) use.read.push_back(graph_.readers.contains(name));
    if (fold_constant(node, use)) return;
    if (is_empty_slice(use)) return;
    put_zeros(use);
    if (node.op == "Concat") drop_empty_parts(use);
    std::vector<Value> results = values_of(use);
    for (std::size_t i = 0; i < results.size() && i < node.outputs.size(); ++i) {
      if (!in_bounds(results[i].extents)) node.fail("its result has more than 2³¹ − 1 elements");
      results[i].scores = scores_after(use, results[i]);
      if (node.op != "Slice") results[i].part = nullptr;
      entries_[node.outputs[i]] = {.constant = nullptr, .value = simplified(use, std::move(results[i]))};
    }
  }

  static std::vector<Value> values_of(const Use& use) {
    if (auto attention = attention_of(use)) return {*std::move(attention)};
    const Operator function = find_operator(use.node.op);
    if (function == nullptr)
      use.node.fail(
          "this operator is not known here; docs/models.md lists the layers that a network can be made of");
    return function(use);
  }

  // What was computed from constants is let go with its last reader, and its room is there for others.
  void release(const Node& node) {
    for (const std::string& name : node.inputs) {
      const auto left = readers_left_.find(name);
      if (left == readers_left_.end() || --left->second > 0 || graph_.constants.contains(name)) continue;
      const auto found = entries_.find(name);
      if (found == entries_.end() || found->second.constant == nullptr) continue;
      left_to_fold_ += found->second.constant->size();
      entries_.erase(found);
    }
  }

  Entry entry(const std::string& name) const {
    if (name.empty()) return {};
    const auto found = entries_.find(name);
    if (found == entries_.end()) return {};
    Entry result = found->second;
    if (result.value && graph_.readers.at(name) > 1) result.value->sole = false;
    return result;
  }

  // A value rolled by nothing is written as itself behind a part of it without any steps.
  bool is_empty_slice(const Use& use) {
    if (use.node.op != "Slice" || use.node.outputs.empty()) return false;
    Shape shape = padded_shape(use.padded_value(0));
    for (const auto& [axis, range] : slice_ranges(use, shape)) shape[axis] = range.count;
    if (element_count(shape) != 0) return false;
    auto nothing = std::make_shared<Array>();
    nothing->kind = Array::Kind::real;
    nothing->shape = shape;
    entries_[use.node.outputs.front()] = {.constant = std::move(nothing), .value = {}};
    return true;
  }

  static void drop_empty_parts(Use& use) {
    std::erase_if(use.inputs,
                  [](const Entry& part) { return part.constant != nullptr && part.constant->size() == 0; });
  }

  // Zeros around a value are part of what slides over it, and else values like others.
  void put_zeros(Use& use) {
    static const std::set<std::string> kKeep{"Conv",     "AveragePool", "Transpose", "Unsqueeze",
                                             "Identity", "Dropout",     "Cast"};
    if (kKeep.contains(use.node.op)) return;
    for (std::size_t i = 0; i < use.inputs.size(); ++i) {
      if (!use.inputs[i].value || use.inputs[i].value->padding.empty()) continue;
      entries_[use.node.inputs[i]].value = with_zeros(use, *use.inputs[i].value);
      use.inputs[i] = entry(use.node.inputs[i]);
    }
  }

  bool fold_constant(const Node& node, const Use& use) {
    std::vector<const Array*> constants;
    Array shape_only;
    for (const Entry& input : use.inputs) {
      if (input.value && node.op != "Shape" && node.op != "Size") return false;
      if (input.value) shape_only.shape = padded_shape(*input.value);
      constants.push_back(input.value ? &shape_only : input.constant.get());
    }
    if (node.outputs.empty() || !can_fold(node)) return false;
    auto result = std::make_shared<const Array>(fold(node, constants, left_to_fold_));
    left_to_fold_ -= result->size();
    entries_[node.outputs.front()] = {.constant = std::move(result), .value = {}};
    return true;
  }

  static Shape padded_shape(const Value& value) {
    Shape shape = value.view.shape();
    for (std::size_t i = 0; i < value.padding.size(); ++i)
      shape[i] += value.padding[i].first + value.padding[i].second;
    return shape;
  }

  const OnnxGraph& graph_;
  NetworkWriter network_;
  std::map<std::string, Entry> entries_;
  std::int64_t left_to_fold_;
  std::map<std::string, int> readers_left_;
};

// A vector of as many scores as there are classes.
std::string print_classes(const Value& output, std::vector<ModelLine>& lines) {
  const AxisExtents& extents = output.extents;
  const std::int64_t channels = extents[kChannels];
  if (channels < 2 || extents[kTime] * extents[kHeight] * extents[kWidth] != 1) return {};
  const std::string last = lines.back().layer;
  if (last == "dense" || (last == "softmax" && lines.size() > 1 && lines[lines.size() - 2].layer == "dense"))
    name_classes(lines);
  return fmt::format("classes: {}\n", channels);
}

std::string print_comment(const std::filesystem::path& file, bool open) {
  std::string text = fmt::format(
      "# From {}. ONNX does not say how its input was prepared:\n"
      "# check frame_rate, color, range, mean, std and resize.\n",
      shown(file.filename().string()));
  if (open) text += "# The file leaves frames, height or width open: check these too.\n";
  return text;
}

// The layout of input that the network's first layer agrees with; else the first of its number of axes.
NetworkInput find_input(const OnnxGraph& graph, const OnnxOpenExtents& open) {
  const std::vector<Layout> all = layouts(graph.input_shape.size());
  if (all.empty())
    throw ModelError(fmt::format("{}: its input '{}' has {} axes, expected N×C×T×H×W, N×C×H×W, N×T×C or N×C",
                                 graph.file, shown(graph.input), graph.input_shape.size()));
  for (std::size_t i = 0; all.size() > 1 && i < all.size(); ++i) {
    try {
      NetworkInput input = read_input(graph, open, all[i]);
      if (Importer(graph, input.value).run_to_first_layer()) return input;
    } catch (const ModelError&) {
      continue;  // what is wrong is said when the whole network is read
    }
  }
  return read_input(graph, open, all.front());
}

OnnxNetwork describe(OnnxGraph graph, const std::filesystem::path& file, const OnnxOpenExtents& open) {
  join_idioms(graph);
  const NetworkInput input = find_input(graph, open);
  Importer importer(graph, input.value);
  importer.run();
  const Value output = importer.output();
  std::vector<ModelLine>& lines = importer.network().lines();
  if (lines.empty()) throw ModelError(fmt::format("{}: the network computes nothing", graph.file));
  const AxisExtents& extents = input.value.extents;
  OnnxNetwork network{
      .yaml = print_comment(file, input.open), .weights = {}, .open_input = input.open, .held_yaml = {}};
  network.yaml += fmt::format("name: {}\n", print_name(layer_name_from(file.stem().string())));
  network.yaml +=
      print_unprepared_input(extents[kChannels], extents[kTime], extents[kHeight], extents[kWidth]);
  network.yaml += print_classes(output, lines);  // changes a line
  network.yaml += print_layers(lines);
  network.weights = std::move(importer.network().weights());
  if (const auto held = graph.metadata.find(std::string(kOnnxModelKey)); held != graph.metadata.end())
    network.held_yaml = held->second;
  return network;
}

}  // namespace
}  // namespace actionflow::onnx

namespace actionflow {

OnnxNetwork read_onnx(const std::filesystem::path& file, const OnnxOpenExtents& open) {
  return onnx::describe(onnx::read_graph(file), file, open);
}

OnnxNetwork parse_onnx(std::string_view bytes, const std::filesystem::path& file,
                       const OnnxOpenExtents& open) {
  return onnx::describe(onnx::parse_graph(bytes, file), file, open);
}

}  // namespace actionflow
