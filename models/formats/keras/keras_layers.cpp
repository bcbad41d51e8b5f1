#include "models/formats/keras/keras_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "models/formats/keras/keras_layer_parts.h"

namespace actionflow::keras {
namespace {

// Stride and dilation.
void add_steps(const LayerUse& use, std::size_t axes, Line& line) {
  for (const auto& [ours, theirs] : {std::pair{"stride", "strides"}, {"dilation", "dilation_rate"}}) {
    if (!use.settings.has(theirs)) continue;
    const std::string value = yaml(widened(use.settings.integers(theirs, axes)));
    if (value != "1") line.options.emplace_back(ours, value);
  }
}

template <int axes>
Value convolution(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, axes == 1 ? 2 : axes + 1);
  need_channels_last(use.settings);
  Line line = line_of(use, axes == 2 ? "conv2d" : "conv3d");
  const std::int64_t filters = use.settings.integer("filters");
  line.options.emplace_back("filters", yaml(filters));
  line.options.emplace_back("kernel", yaml(widened(use.settings.integers("kernel_size", axes))));
  add_steps(use, axes, line);
  add_padding(use, axes == 1, line);
  const std::int64_t groups = use.settings.integer("groups", 1);
  if (groups != 1) line.options.emplace_back("groups", yaml(groups));
  add_bias(use, line);
  return append_activated(use, lines, std::move(line), {.rank = use.inputs[0].rank, .channels = filters});
}

// Each channel by itself, `depth_multiplier` times.
Value depthwise_convolution(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, 3);
  need_channels_last(use.settings);
  const std::int64_t channels = use.inputs[0].channels;
  if (channels < 1) use.settings.fail("has an input whose channels are not known");
  const std::int64_t filters = channels * use.settings.integer("depth_multiplier", 1);
  Line line = line_of(use, "conv2d");
  line.options = {{"filters", yaml(filters)},
                  {"kernel", yaml(use.settings.integers("kernel_size", 2))},
                  {"groups", yaml(channels)}};
  add_steps(use, 2, line);
  add_padding(use, false, line);
  add_bias(use, line);
  return append_activated(use, lines, std::move(line), {.rank = 3, .channels = filters});
}

template <int axes, bool max>
Value pooling(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, axes == 1 ? 2 : axes + 1);
  need_channels_last(use.settings);
  Line line = line_of(use, fmt::format("{}_pool{}d", max ? "max" : "average", axes == 2 ? 2 : 3));
  const std::vector<std::int64_t> size = use.settings.integers("pool_size", axes);
  line.options.emplace_back("size", yaml(widened(size)));
  if (use.settings.has("strides") && use.settings.integers("strides", axes) != size) {
    line.options.emplace_back("stride", yaml(widened(use.settings.integers("strides", axes))));
  }
  add_padding(use, false, line);
  return append(use, lines, std::move(line),
                {.rank = use.inputs[0].rank, .channels = use.inputs[0].channels});
}

// Before and after each axis.
template <std::size_t axes>
std::array<std::array<std::int64_t, 2>, axes> read_sides(const LayerUse& use, const Json& given,
                                                         const char* key) {
  std::array<std::array<std::int64_t, 2>, axes> sides{};
  bool fits = given.is_array() && given.size() == axes;
  for (std::size_t i = 0; fits && i < axes; ++i) {
    fits = given[i].is_array() && given[i].size() == 2;
    for (std::size_t side = 0; fits && side < 2; ++side) {
      fits = given[i][side].is_number_unsigned() && given[i][side] <= 4096;
      if (fits) sides[i][side] = given[i][side].get<std::int64_t>();
    }
  }
  if (!fits) use.settings.fail(fmt::format("its '{}' is not two numbers of 0 to 4096 an axis", key));
  return sides;
}

// Kept with the value for the layer that reads it.
template <std::size_t axes>
Value zero_padding(const LayerUse& use, std::vector<Line>&) {
  need_rank(use, axes == 1 ? 2 : static_cast<int>(axes) + 1);
  need_channels_last(use.settings);
  const Json& given = use.settings.at("padding");
  const Json sides = axes == 1 ? Json::array({given}) : given;
  Value result = only_input(use);
  result.padding.resize(axes);
  result.padded_by = use.settings.where();
  const auto zeros = read_sides<axes>(use, sides, "padding");
  for (std::size_t i = 0; i < axes; ++i)
    for (std::size_t side = 0; side < 2; ++side) result.padding[i][side] += zeros[i][side];
  return result;
}

// A slice an axis from which something is left out.
template <std::size_t axes>
Value cropping(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, axes == 1 ? 2 : static_cast<int>(axes) + 1);
  need_channels_last(use.settings);
  const Json& given = use.settings.at("cropping");
  const auto sides = read_sides<axes>(use, axes == 1 ? Json::array({given}) : given, "cropping");
  Value result = only_input(use);
  static const std::array<const char*, 3> kAxes{"t", "h", "w"};
  const auto cropped = [](const auto& side) { return side != std::array<std::int64_t, 2>{0, 0}; };
  const auto count = std::count_if(sides.begin(), sides.end(), cropped);
  for (std::size_t i = 0, made = 0; i < axes; ++i) {
    if (!cropped(sides[i])) continue;
    const std::string axis = kAxes[axes == 2 ? i + 1 : i];
    Line line = line_of(use, "slice");
    line.from = {result.layer};
    if (++made < static_cast<std::size_t>(count)) line.name += "/" + axis;  // Keras 3 has no '/' in names
    line.options = {{"axis", axis}, {"begin", yaml(sides[i][0])}, {"count", yaml(-sides[i][1])}};
    result.layer = line.name;
    lines.push_back(std::move(line));
  }
  return result;
}

// What reads a padded value knows what to do with it.
void check_padding(const LayerUse& use) {
  const std::string& name = use.class_name;
  const bool takes = name.starts_with("Conv") || name.starts_with("ZeroPadding") || name == "DepthwiseConv2D";
  for (const Value& input : use.inputs) {
    if (input.padding.empty() || name == "TimeDistributed") continue;
    const bool of_its_axes = static_cast<int>(input.padding.size()) + 1 == input.rank;
    if (of_its_axes && (takes || (name.starts_with("MaxPooling") && input.non_negative))) continue;
    use.settings.fail(
        "its input is padded with zeros, which is known before a convolution, and before a max pooling "
        "behind a ReLU");
  }
}

Value layer_norm(const LayerUse& use, std::vector<Line>& lines) {
  const Value& input = only_input(use);
  const Json& axis = use.settings.at("axis");
  const Json& first = axis.is_array() && axis.size() == 1 ? axis[0] : axis;
  if (!is_channel_axis(first, input.rank)) use.settings.fail("normalises another axis than the channels");
  for (const char* key : {"scale", "center"}) use.settings.expect(key, true);
  use.settings.expect("rms_scaling", false);
  Line line = line_of(use, "layer_norm");
  line.options.emplace_back("epsilon", yaml(use.settings.number("epsilon", 1e-3)));
  return append(use, lines, std::move(line), input);
}

template <int axes, bool max>
Value global_pooling(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, axes == 1 ? 2 : axes + 1);
  need_channels_last(use.settings);
  Line line = line_of(use, max ? "global_max_pool" : "global_average_pool");
  if (axes != 3) line.options.emplace_back("over", axes == 1 ? "time" : "space");
  const int rank = use.settings.flag("keepdims", false) ? use.inputs[0].rank : 1;
  return append(use, lines, std::move(line), {.rank = rank, .channels = use.inputs[0].channels});
}

Value batch_norm(const LayerUse& use, std::vector<Line>& lines) {
  const Value& input = only_input(use);
  if (use.settings.has("axis")) {
    const Json& axis = use.settings.at("axis");
    const Json& first = axis.is_array() && axis.size() == 1 ? axis[0] : axis;
    if (!is_channel_axis(first, input.rank)) use.settings.fail("normalises another axis than the channels");
  }
  Line line = line_of(use, "batch_norm");
  const double epsilon = use.settings.number("epsilon", 1e-3),
               momentum = use.settings.number("momentum", 0.99);
  if (epsilon != 1e-3) line.options.emplace_back("epsilon", yaml(epsilon));
  if (momentum != 0.99) line.options.emplace_back("momentum", yaml(momentum));
  if (!use.settings.flag("scale", true)) line.options.emplace_back("scale", "false");
  if (!use.settings.flag("center", true)) line.options.emplace_back("shift", "false");
  return append(use, lines, std::move(line), input);
}

Value dense(const LayerUse& use, std::vector<Line>& lines) {
  const Value& input = only_input(use);
  Line line = line_of(use, "dense");
  const std::int64_t units = use.settings.integer("units");
  line.options.emplace_back("units", yaml(units));
  add_bias(use, line);
  return append_activated(
      use, lines, std::move(line),
      {.rank = input.rank, .channels = units, .classes = true, .one_position = input.one_position});
}

Value plain(const LayerUse& use, std::vector<Line>& lines, const std::string& layer) {
  return append(use, lines, line_of(use, layer), only_input(use));
}

Value activation(const LayerUse& use, std::vector<Line>& lines) {
  const Activation activation = read_activation(use, use.settings, "activation", "linear");
  if (activation.name.empty()) return only_input(use);
  Line line = line_of(use, activation.name);
  if (!activation.slope.empty()) line.options.emplace_back("slope", activation.slope);
  return append(use, lines, std::move(line), only_input(use));
}

Value relu(const LayerUse& use, std::vector<Line>& lines) {
  if (use.settings.has("max_value")) use.settings.fail("'max_value' is not known here");
  if (use.settings.number("negative_slope", 0) != 0) use.settings.fail("'negative_slope' is not known here");
  if (use.settings.number("threshold", 0) != 0) use.settings.fail("'threshold' is not known here");
  return plain(use, lines, "relu");
}

Value softmax(const LayerUse& use, std::vector<Line>& lines) {
  if (use.settings.has("axis") && !is_channel_axis(use.settings.at("axis"), only_input(use).rank)) {
    use.settings.fail("is over another axis than the channels");
  }
  return plain(use, lines, "softmax");
}

Value prelu(const LayerUse& use, std::vector<Line>& lines) {
  const Value& input = only_input(use);
  std::vector<std::int64_t> shared;
  if (use.settings.has("shared_axes")) shared = use.settings.integers("shared_axes");
  for (int axis = 1; axis < input.rank; ++axis) {
    if (std::find(shared.begin(), shared.end(), axis) == shared.end()) {
      use.settings.fail("has an alpha a position; expected all axes but the channels in 'shared_axes'");
    }
  }
  Line line = line_of(use, "prelu");
  if (std::find(shared.begin(), shared.end(), input.rank) != shared.end())
    line.options.emplace_back("shared", "true");
  return append(use, lines, std::move(line), input);
}

Value dropout(const LayerUse& use, std::vector<Line>& lines) {
  Line line = line_of(use, "dropout");
  line.options.emplace_back("rate", yaml(use.settings.number("rate", 0.5)));
  return append(use, lines, std::move(line), only_input(use));
}

Value nothing(const LayerUse& use, std::vector<Line>&) { return only_input(use); }

Value flatten(const LayerUse& use, std::vector<Line>& lines) {
  need_channels_last(use.settings);
  Value result = only_input(use);
  if (result.rank == 1) return result;
  result = result.one_position ? Value{.rank = 1, .channels = result.channels, .classes = result.classes}
                               : Value{.rank = 1};
  return append(use, lines, line_of(use, "flatten"), result);
}

// The axes of Keras' shape of this rank, in order.
std::vector<std::string> axis_names(std::size_t rank) {
  switch (rank) {
    case 1:
      return {"channels"};
    case 2:
      return {"time", "channels"};
    case 3:
      return {"height", "width", "channels"};
    case 4:
      return {"time", "height", "width", "channels"};
    default:
      return {};
  }
}

Value reshape(const LayerUse& use, std::vector<Line>& lines) {
  only_input(use);
  const std::vector<std::int64_t> shape = use.settings.integers("target_shape");
  const std::vector<std::string> names = axis_names(shape.size());
  if (names.empty()) use.settings.fail(fmt::format("reshapes to {} axes, expected 1 to 4", shape.size()));
  Line line = line_of(use, "reshape");
  for (std::size_t i = 0; i < shape.size(); ++i) line.options.emplace_back(names[i], yaml(shape[i]));
  const bool one_position =
      std::all_of(shape.begin(), shape.end() - 1, [](std::int64_t extent) { return extent == 1; });
  return append(use, lines, std::move(line),
                {.rank = static_cast<int>(shape.size()),
                 .channels = std::max<std::int64_t>(shape.back(), 0),
                 .one_position = one_position});
}

Value permute(const LayerUse& use, std::vector<Line>& lines) {
  const Value& input = only_input(use);
  const auto rank = static_cast<std::size_t>(input.rank);
  const std::vector<std::int64_t> dims = use.settings.integers("dims", rank);
  const std::vector<std::string> names = axis_names(rank);
  std::map<std::string, std::string> order{{"time", "t"}, {"height", "h"}, {"width", "w"}, {"channels", "c"}};
  for (std::size_t i = 0; i < rank; ++i) {
    if (dims[i] < 1 || dims[i] > input.rank) use.settings.fail(fmt::format("'dims' names axis {}", dims[i]));
    order[names[i]] = names[static_cast<std::size_t>(dims[i] - 1)].substr(0, 1);
  }
  Line line = line_of(use, "permute");
  line.options.emplace_back("order", fmt::format("[{}, {}, {}, {}]", order["time"], order["height"],
                                                 order["width"], order["channels"]));
  return append(use, lines, std::move(line), {.rank = input.rank});
}

Value time_distributed(const LayerUse& use, std::vector<Line>& lines);

const std::map<std::string, Converter>& converters() {
  static const std::map<std::string, Converter> all{
      {"Conv1D", convolution<1>},
      {"Conv2D", convolution<2>},
      {"Convolution2D", convolution<2>},
      {"DepthwiseConv2D", depthwise_convolution},
      {"Conv3D", convolution<3>},
      {"Convolution3D", convolution<3>},
      {"MaxPooling1D", pooling<1, true>},
      {"MaxPooling2D", pooling<2, true>},
      {"MaxPooling3D", pooling<3, true>},
      {"AveragePooling1D", pooling<1, false>},
      {"AveragePooling2D", pooling<2, false>},
      {"AveragePooling3D", pooling<3, false>},
      {"GlobalMaxPooling1D", global_pooling<1, true>},
      {"GlobalMaxPooling2D", global_pooling<2, true>},
      {"GlobalMaxPooling3D", global_pooling<3, true>},
      {"GlobalAveragePooling1D", global_pooling<1, false>},
      {"GlobalAveragePooling2D", global_pooling<2, false>},
      {"GlobalAveragePooling3D", global_pooling<3, false>},
      {"BatchNormalization", batch_norm},
      {"LayerNormalization", layer_norm},
      {"ZeroPadding1D", zero_padding<1>},
      {"ZeroPadding2D", zero_padding<2>},
      {"ZeroPadding3D", zero_padding<3>},
      {"Cropping1D", cropping<1>},
      {"Cropping2D", cropping<2>},
      {"Cropping3D", cropping<3>},
      {"Dense", dense},
      {"Activation", activation},
      {"ReLU", relu},
      {"Softmax", softmax},
      {"PReLU", prelu},
      {"Dropout", dropout},
      {"SpatialDropout1D", dropout},  // whole channels, which differs in training alone
      {"SpatialDropout2D", dropout},
      {"SpatialDropout3D", dropout},
      {"GaussianDropout", dropout},
      {"GaussianNoise", nothing},
      {"ActivityRegularization", nothing},
      {"InputLayer", nothing},
      {"Flatten", flatten},
      {"Reshape", reshape},
      {"Permute", permute},
      {"TimeDistributed", time_distributed},
  };
  return all;
}

// By Keras' class; null where it is not known.
Converter find_converter(const std::string& class_name) {
  for (const auto* group : {&joining_converters(), &attention_converters(), &converters()}) {
    if (const auto found = group->find(class_name); found != group->end()) return found->second;
  }
  return nullptr;
}

// A layer that sees one sample, without the axis of time.
Value of_each_sample(const LayerUse& use, std::vector<Line>& lines) {
  std::vector<Value> inside = use.inputs;
  for (Value& input : inside) {
    if (input.rank != 4 && input.rank != 2) use.settings.fail("its input has no time");
    --input.rank;
  }
  if (use.class_name == "Flatten" && inside.size() == 1) {
    Line line = line_of(use, "flatten");
    line.options.emplace_back("keep_time", "true");
    return append(use, lines, std::move(line), {.rank = 2});
  }
  static const std::set<std::string> kKnown{"Conv2D",
                                            "Convolution2D",
                                            "DepthwiseConv2D",
                                            "MaxPooling2D",
                                            "AveragePooling2D",
                                            "GlobalMaxPooling2D",
                                            "GlobalAveragePooling2D",
                                            "ZeroPadding2D",
                                            "Cropping2D",
                                            "Dense",
                                            "BatchNormalization",
                                            "LayerNormalization",
                                            "Activation",
                                            "ReLU",
                                            "Softmax",
                                            "PReLU",
                                            "Dropout",
                                            "SpatialDropout2D",
                                            "GaussianDropout",
                                            "GaussianNoise",
                                            "InputLayer",
                                            "Add",
                                            "Multiply",
                                            "Maximum",
                                            "Average",
                                            "Concatenate"};
  if (!kKnown.contains(use.class_name)) use.settings.fail("this layer is not known inside TimeDistributed");
  const LayerUse inner{use.name, use.class_name, use.settings, inside, use.call, use.version};
  check_padding(inner);
  Value result = find_converter(use.class_name)(inner, lines);
  ++result.rank;
  return result;
}

Value time_distributed(const LayerUse& use, std::vector<Line>& lines) {
  const Settings wrapper(use.settings.at("layer"), use.settings.where());
  const std::string inner_class = wrapper.text("class_name");
  const Settings inner(wrapper.at("config"), fmt::format("{} of {}", use.settings.where(), inner_class));
  return of_each_sample({use.name, inner_class, inner, use.inputs, use.call, use.version}, lines);
}

}  // namespace

Value convert_layer(const LayerUse& use, std::vector<Line>& lines) {
  if (use.in_time) return of_each_sample(use, lines);
  check_padding(use);
  const Converter converter = find_converter(use.class_name);
  if (converter == nullptr) {
    use.settings.fail(use.class_name == "Lambda" ? "holds Python code, which cannot be read from a file"
                                                 : "this class of layer is not known here");
  }
  return converter(use, lines);
}

}  // namespace actionflow::keras
