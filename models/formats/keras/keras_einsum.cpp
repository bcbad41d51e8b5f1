// EinsumDense that multiplies each channel by a number and adds a table, as learned positions are.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "models/formats/keras/keras_layer_parts.h"

namespace actionflow::keras {
namespace {

// "bthwc,c->bthwc": no letter twice, and the last one alone in the kernel.
bool is_by_channel(const std::string& equation, int rank) {
  const auto axes = static_cast<std::size_t>(rank) + 1;
  if (equation.size() != 2 * axes + 4) return false;
  std::string letters = equation.substr(0, axes);
  const std::string expected = fmt::format("{},{}->{}", letters, letters.back(), letters);
  std::sort(letters.begin(), letters.end());
  const bool once = std::adjacent_find(letters.begin(), letters.end()) == letters.end();
  return once && letters.find_first_of(",->.") == std::string::npos && equation == expected;
}

// Of ours, along which the bias differs: "[h, w]".
std::string table_axes(const LayerUse& use, const std::string& equation, int rank) {
  const std::string letters = equation.substr(0, static_cast<std::size_t>(rank) + 1);
  const std::string bias = use.settings.text("bias_axes");
  std::vector<std::string> over;
  for (std::size_t axis = 1; axis + 1 < letters.size(); ++axis)
    if (bias.find(letters[axis]) != std::string::npos) over.push_back(axis_letter(axis, rank));
  if (bias.size() != over.size() + 1 || bias.find(letters.back()) == std::string::npos)
    use.settings.fail(
        fmt::format("adds a bias along '{}', expected some axes and the channels", printable(bias)));
  return fmt::format("[{}]", fmt::join(over, ", "));
}

Value einsum(const LayerUse& use, std::vector<Line>& lines) {
  const Value& input = only_input(use);
  const std::string equation = use.settings.text("equation");
  if (!is_by_channel(equation, input.rank))
    use.settings.fail(fmt::format("computes '{}'; only a number a channel, as 'btc,c->btc', is known here",
                                  printable(equation)));
  if (use.settings.text("activation", "linear") != "linear") use.settings.fail("has an activation");
  Line scale = line_of(use, "scale");
  if (!use.settings.has("bias_axes")) return append(use, lines, std::move(scale), input);
  Line table = line_of(use, "position_embedding");
  scale.name = scale_name(use.name);
  table.from = {scale.name};
  table.options.emplace_back("over", table_axes(use, equation, input.rank));
  lines.push_back(std::move(scale));
  return append(use, lines, std::move(table), input);
}

}  // namespace

std::string scale_name(const std::string& layer) { return layer + "/scale"; }

const std::map<std::string, Converter>& einsum_converters() {
  static const std::map<std::string, Converter> all{{"EinsumDense", einsum}};
  return all;
}

}  // namespace actionflow::keras
