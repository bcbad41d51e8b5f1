#include "models/formats/keras/keras_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "models/formats/keras/keras_activations.h"

namespace actionflow::keras {
namespace {

// What reads a padded value knows what to do with it.
void check_padding(const LayerUse& use) {
  const std::string& name = use.class_name;
  const bool takes = (name.starts_with("Conv") && name != "ConvLSTM2D") || name.starts_with("ZeroPadding") ||
                     name == "DepthwiseConv2D";
  for (const Value& input : use.inputs) {
    if (input.padding.empty() || name == "TimeDistributed") continue;
    if (name == "ConvLSTM2D" && input.rank == 4 && input.padding[0] == std::array<std::int64_t, 2>{0, 0})
      continue;
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
      {"BatchNormalization", batch_norm},
      {"LayerNormalization", layer_norm},
      {"Dense", dense},
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
  for (const auto* group :
       {&window_converters(), &recurrent_converters(), &joining_converters(), &attention_converters(),
        &einsum_converters(), &activation_converters(), &converters()}) {
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
  if (!kKnown.contains(use.class_name) && !activation_converters().contains(use.class_name))
    use.settings.fail("this layer is not known inside TimeDistributed");
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

Value in_its_order(Value value, std::vector<Line>& lines) {
  if (!value.reversed) return value;
  const std::string name = value.layer + "/reversed";
  const bool there =
      std::any_of(lines.begin(), lines.end(), [&](const Line& line) { return line.name == name; });
  if (!there) lines.push_back({"reverse", name, {}, {value.layer}});
  value.layer = name;
  value.reversed = false;
  return value;
}

Value convert_layer(const LayerUse& given, std::vector<Line>& lines) {
  std::vector<Value> inputs = given.inputs;
  if (given.class_name != "Flip")
    for (Value& input : inputs) input = in_its_order(input, lines);
  const LayerUse use{given.name, given.class_name, given.settings, inputs,
                     given.call, given.version,    given.in_time};
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
