// What sliding windows share, in convolutions and poolings: options for 2 or 3 axes, padding, and the
// shape of the result.
#pragma once

#include <array>

#include "base/config/config.h"
#include "models/description/layers/layer.h"

namespace actionflow {

// valid: none. same: as Keras, so that the result has ⌈in/stride⌉ steps, the odd one at the end.
// fixed: begin and end. Where `causal`, time is padded by the window's reach before the first sample alone,
// so that the result has as many samples and each sees none after it.
struct Padding {
  enum class Kind { valid, same, fixed } kind = Kind::valid;
  bool causal = false;
  Axes begin{0, 0, 0}, end{0, 0, 0};
};

// As an option: valid, same, a number, one number an axis, or [before, after] an axis; with three axes
// causal too, by itself (space as `same`) or as time's. The two axes of a 2D layer are height and width.
template <std::size_t axes>
struct PaddingOption : Padding {};

Padding read_padding(const config::Value& value, std::size_t axes, config::Diagnostics& diagnostics);

constexpr const char* kPaddingHelp =
    "valid, same, causal, a number, one an axis (causal for time), or [before, after] an axis";

struct SlidingWindow {
  Axes kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1};
  Axes pad_begin{0, 0, 0}, pad_end{0, 0, 0};
};

// Fills the window's padding for this input.
void pad(SlidingWindow& window, const Padding& padding, const Extents& input);

// Ceil mode: pads the ends so that the last window, which begins before the input's end, is not cut off.
void round_up(SlidingWindow& window, const Extents& input);

// The result's extents; `channels` are the result's. Fails where the window is larger than the padded input.
Extents slide(const Emitter& emitter, const SlidingWindow& window, int input, std::int64_t channels);

// Time, height and width from the options of a layer with two or three axes.
Axes widen(const std::array<int, 2>& height_width, int time);
Axes widen(const std::array<int, 3>& all, int time);

// "3×7×7"
std::string to_string(const Axes& axes);

constexpr int kMostKernel = 4096;  // largest kernel, stride, dilation and padding along an axis

}  // namespace actionflow

template <std::size_t axes>
struct actionflow::config::Type<actionflow::PaddingOption<axes>> {
  static bool read(const Reading& reading, PaddingOption<axes>& to) {
    const std::size_t errors = reading.diagnostics.size();
    to = {read_padding(reading.value, axes, reading.diagnostics)};
    return reading.diagnostics.size() == errors;
  }
  static Value write(const PaddingOption<axes>&, const Value*) { return make_scalar("valid"); }
  static Schema schema(const Limits&) { return {}; }
};
