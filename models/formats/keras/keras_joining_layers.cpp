// Layers that join several inputs or samples, and that take some.
#include <fmt/format.h>

#include <array>
#include <map>
#include <utility>

#include "models/formats/keras/keras_activations.h"

namespace actionflow::keras {
namespace {

template <int kind>
Value join(const LayerUse& use, std::vector<Line>& lines) {
  static const std::array<const char*, 5> kNames{"add", "multiply", "maximum", "average", "concat"};
  constexpr int kConcat = 4;
  if (use.inputs.size() < 2) use.settings.fail("joins fewer than two layers");
  Value result = use.inputs.front();
  for (const Value& input : use.inputs) {
    if (input.rank != result.rank) use.settings.fail("joins layers of different numbers of axes");
  }
  Line line = line_of(use, kNames[kind]);
  const std::string axis =
      kind == kConcat && use.settings.has("axis") ? axis_letter(use.settings.at("axis"), result.rank) : "c";
  if (axis.empty()) use.settings.fail("joins along an axis that its inputs do not have");
  if (axis != "c") {
    line.options.emplace_back("axis", axis);
    result.one_position = false;
  } else if (kind == kConcat) {
    result.channels = 0;
    for (const Value& input : use.inputs) result.channels += input.channels;
  }
  result.classes = false;
  return append(use, lines, std::move(line), result);
}

Value over_time(const LayerUse& use, std::vector<Line>& lines, const Settings& arguments, bool max) {
  if (arguments.integer("axis", 0) != 1 || only_input(use).rank != 4)
    use.settings.fail("only a maximum and a mean over time (axis 1) of a clip are known");
  const int rank = arguments.flag("keepdims", false) ? 4 : 3;
  return append(use, lines, line_of(use, max ? "max_over_time" : "mean_over_time"),
                {.rank = rank, .channels = use.inputs[0].channels});
}

// A call of TensorFlow's own inside a functional network of Keras 2.
Value operation(const LayerUse& use, std::vector<Line>& lines) {
  const std::string function = use.settings.text("function", "");
  if (auto activated = append_function(use, lines, function)) return *activated;
  const bool max = function == "math.reduce_max";
  if (!max && function != "math.reduce_mean") {
    use.settings.fail(
        fmt::format("calls '{}'; only activations and math.reduce_max and reduce_mean over time are known",
                    printable(function)));
  }
  return over_time(use, lines, Settings(use.call, use.settings.where()), max);
}

// keras.ops.max and mean of Keras 3.
template <bool max>
Value operation_of_3(const LayerUse& use, std::vector<Line>& lines) {
  return over_time(use, lines, use.settings, max);
}

// keras.ops.flip of Keras 3: a sequence that was run through backwards is in its order again.
Value flip(const LayerUse& use, std::vector<Line>& lines) {
  Value result = only_input(use);
  if (axis_letter(use.settings.at("axis"), result.rank) != "t")
    use.settings.fail("turns another axis than time");
  if (result.reversed) {
    result.reversed = false;
    return result;
  }
  return append(use, lines, line_of(use, "reverse"), result);
}

Value select_frame(const LayerUse& use, std::vector<Line>& lines, const Json& spec, const Json& all) {
  if (!spec.is_array() || spec.size() != 2 || spec[0] != all || !spec[1].is_number_integer() ||
      only_input(use).rank != 4) {
    use.settings.fail("only one sample of a clip, x[:, k], can be sliced out");
  }
  Line line = line_of(use, "select_frame");
  line.options.emplace_back("frame", yaml(spec[1].get<std::int64_t>()));
  return append(use, lines, std::move(line), {.rank = 3, .channels = use.inputs[0].channels});
}

const Json kWholeAxis = {{"start", nullptr}, {"stop", nullptr}, {"step", nullptr}};

// x[:, k] of a clip: one of its samples.
Value slice(const LayerUse& use, std::vector<Line>& lines) {
  return select_frame(use, lines, use.call.contains("slice_spec") ? use.call["slice_spec"] : use.call,
                      kWholeAxis);
}

Value slice_of_3(const LayerUse& use, std::vector<Line>& lines) {
  const Json& arguments = use.call.contains("args") ? use.call["args"] : use.call;
  return select_frame(use, lines, arguments.is_array() && arguments.size() == 1 ? arguments[0] : arguments,
                      {{"class_name", "__slice__"}, {"config", kWholeAxis}});
}

}  // namespace

const std::map<std::string, Converter>& joining_converters() {
  static const std::map<std::string, Converter> all{
      {"Add", join<0>},
      {"Multiply", join<1>},
      {"Maximum", join<2>},
      {"Average", join<3>},
      {"Concatenate", join<4>},
      {"TFOpLambda", operation},
      {"SlicingOpLambda", slice},
      {"Max", operation_of_3<true>},
      {"Mean", operation_of_3<false>},
      {"GetItem", slice_of_3},
      {"Flip", flip},
  };
  return all;
}

}  // namespace actionflow::keras
