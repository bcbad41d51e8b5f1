#include "models/description/layers/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace actionflow {
namespace {

std::optional<int> read_extent(const config::Value& value, config::Diagnostics& diagnostics) {
  config::Diagnostics own;
  const int number = config::read<int>(value, own);
  if (!own.empty() || number < 0 || number > kMostKernel) {
    diagnostics.add(value.place(),
                    fmt::format("padding is '{}', expected 0 to {}", value.text(), kMostKernel));
    return std::nullopt;
  }
  return number;
}

void read_axis(const config::Value& value, int& begin, int& end, config::Diagnostics& diagnostics) {
  if (value.is_scalar()) {
    begin = end = read_extent(value, diagnostics).value_or(0);
  } else if (value.is_list() && value.items().size() == 2) {
    begin = read_extent(value.items()[0], diagnostics).value_or(0);
    end = read_extent(value.items()[1], diagnostics).value_or(0);
  } else {
    diagnostics.add(value.place(), "an axis' padding is a number, or [before, after]");
  }
}

Padding read_fixed(const config::Value& value, std::size_t axes, config::Diagnostics& diagnostics) {
  Padding padding;
  padding.kind = Padding::Kind::fixed;
  const std::size_t first = 3 - axes;
  if (value.is_scalar()) {
    const int all = read_extent(value, diagnostics).value_or(0);
    for (std::size_t axis = first; axis < 3; ++axis) padding.begin[axis] = padding.end[axis] = all;
  } else if (value.items().size() != axes) {
    diagnostics.add(value.place(), fmt::format("padding lists {} axes, expected {}", value.items().size(),
                                               axes == 2 ? "2: height, width" : "3: time, height, width"));
  } else {
    padding.causal = axes == 3 && value.items()[0].text() == "causal";
    for (std::size_t i = padding.causal ? 1 : 0; i < axes; ++i) {
      read_axis(value.items()[i], padding.begin[first + i], padding.end[first + i], diagnostics);
    }
  }
  return padding;
}

std::array<std::int64_t, 3> positions(const Extents& extents) { return {extents.t, extents.h, extents.w}; }

std::int64_t reach(const SlidingWindow& window, std::size_t axis) {
  return std::int64_t{window.dilation[axis]} * (window.kernel[axis] - 1) + 1;
}

}  // namespace

std::string to_string(const Axes& axes) { return fmt::format("{}×{}×{}", axes[0], axes[1], axes[2]); }

Axes widen(const std::array<int, 2>& height_width, int time) {
  return {time, height_width[0], height_width[1]};
}

Axes widen(const std::array<int, 3>& all, int) { return all; }

Padding read_padding(const config::Value& value, std::size_t axes, config::Diagnostics& diagnostics) {
  const std::string& word = value.text();
  if (value.is_null() || word == "valid") return {};
  if (word == "same") return {.kind = Padding::Kind::same};
  if (word == "causal") {
    if (axes == 3) return {.kind = Padding::Kind::same, .causal = true};
    diagnostics.add(value.place(),
                    "padding is causal, which needs a layer with time; expected same, valid or numbers");
    return {};
  }
  const bool number =
      value.is_scalar() && !word.empty() && word.find_first_not_of("+-0123456789.") == word.npos;
  if (value.is_list() || number) return read_fixed(value, axes, diagnostics);
  const std::vector<std::string> words{"same", "valid", "causal"};
  const std::string near = config::did_you_mean(word, words);
  diagnostics.add(
      value.place(),
      fmt::format("padding is '{}', expected same, valid, causal, a number, one number an axis, or "
                  "[before, after] an axis",
                  word),
      near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  return {};
}

void pad(SlidingWindow& window, const Padding& padding, const Extents& input) {
  window.pad_begin = padding.begin;
  window.pad_end = padding.end;
  const std::array<std::int64_t, 3> in = positions(input);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (padding.kind != Padding::Kind::same) break;
    const std::int64_t stride = window.stride[axis];
    const std::int64_t steps = (in[axis] + stride - 1) / stride;
    const std::int64_t total =
        std::max<std::int64_t>((steps - 1) * stride + reach(window, axis) - in[axis], 0);
    window.pad_begin[axis] = static_cast<int>(total / 2);
    window.pad_end[axis] = static_cast<int>(total - total / 2);
  }
  if (!padding.causal) return;
  window.pad_begin[0] = static_cast<int>(reach(window, 0) - 1);
  window.pad_end[0] = 0;
}

void round_up(SlidingWindow& window, const Extents& input) {
  const std::array<std::int64_t, 3> in = positions(input);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t stride = window.stride[axis], begin = window.pad_begin[axis];
    const std::int64_t over = in[axis] + begin + window.pad_end[axis] - reach(window, axis);
    if (over < 0 || over % stride == 0) continue;
    const std::int64_t last = (over / stride + 1) * stride;  // where one more window would begin
    if (last < in[axis] + begin) window.pad_end[axis] += static_cast<int>(stride - over % stride);
  }
}

Extents slide(const Emitter& emitter, const SlidingWindow& window, int input, std::int64_t channels) {
  const std::array<std::int64_t, 3> in = positions(emitter.extents(input));
  std::array<std::int64_t, 3> out{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t room = in[axis] + window.pad_begin[axis] + window.pad_end[axis] - reach(window, axis);
    if (room < 0) {
      emitter.fail(fmt::format("its window {} (dilation {}) is larger than its input {} padded by {} and {}",
                               to_string(window.kernel), to_string(window.dilation), emitter.describe(input),
                               to_string(window.pad_begin), to_string(window.pad_end)));
    }
    out[axis] = room / window.stride[axis] + 1;
  }
  return {channels, out[0], out[1], out[2]};
}

}  // namespace actionflow
