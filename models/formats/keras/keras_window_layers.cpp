// Layers that slide windows, and those that change a clip's borders.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "models/formats/keras/keras_activations.h"

namespace actionflow::keras {
namespace {

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

template <int axes, bool max>
Value global_pooling(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, axes == 1 ? 2 : axes + 1);
  need_channels_last(use.settings);
  Line line = line_of(use, max ? "global_max_pool" : "global_average_pool");
  if (axes != 3) line.options.emplace_back("over", axes == 1 ? "time" : "space");
  const int rank = use.settings.flag("keepdims", false) ? use.inputs[0].rank : 1;
  return append(use, lines, std::move(line), {.rank = rank, .channels = use.inputs[0].channels});
}

}  // namespace

const std::map<std::string, Converter>& window_converters() {
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
      {"ZeroPadding1D", zero_padding<1>},
      {"ZeroPadding2D", zero_padding<2>},
      {"ZeroPadding3D", zero_padding<3>},
      {"Cropping1D", cropping<1>},
      {"Cropping2D", cropping<2>},
      {"Cropping3D", cropping<3>},
  };
  return all;
}

}  // namespace actionflow::keras
