#include "base/input_spec.h"

#include <fmt/format.h>

namespace actionflow {
namespace {

constexpr int kMostPixels = 16384;  // along a side

void check_count(const config::Value& value, const char* key, std::size_t count, int channels,
                 config::Diagnostics& diagnostics) {
  if (count == 0 || count == static_cast<std::size_t>(channels)) return;
  const config::Value* at = value.find(key);
  diagnostics.add(at != nullptr ? at->place() : value.place(),
                  fmt::format("{} has {} numbers, expected one a channel: {}", key, count, channels));
}

}  // namespace

void Resize::describe(config::Fields<Resize>& fields) {
  fields.add("filter", &Resize::filter, "how pixels are weighed");
  fields.add("mode", &Resize::mode,
             "stretch: to height × width; short_side: keeps proportions, then crops the middle");
  fields
      .add("size", &Resize::size, "short side in pixels before the crop; 0: the smaller of height and width")
      .range(0, kMostPixels);
}

void InputSpec::describe(config::Fields<InputSpec>& fields) {
  fields.add("channels", &InputSpec::channels, "of color, and one of motion where there is one").range(1, 4);
  fields.add("frames", &InputSpec::frames, "samples in a clip").range(1, 4096);
  fields.add("frame_rate", &InputSpec::frame_rate, "samples a second").more_than(0).at_most(1000);
  fields.add("height", &InputSpec::height, "pixels").range(1, kMostPixels);
  fields.add("width", &InputSpec::width, "pixels").range(1, kMostPixels);
  fields.add("color", &InputSpec::color, "order of the color channels");
  fields.add("range", &InputSpec::range, "what a byte of 255 becomes, before mean and std")
      .more_than(0)
      .at_most(1e6);
  fields.add("mean", &InputSpec::mean, "one a channel, on the ranged values; none: 0").range(-1e6, 1e6);
  fields.add("std", &InputSpec::std, "one a channel, on the ranged values; none: 1")
      .more_than(0)
      .at_most(1e6);
  fields.add("resize", &InputSpec::resize, "how a picture comes to height × width");
  fields.add("motion", &InputSpec::motion, "a further channel: what moved since the sample before");
}

void InputSpec::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  const int expected = color_channels() + motion_channels();
  if (channels != expected) {
    const config::Value* at = value.find("channels");
    diagnostics.add(at != nullptr ? at->place() : value.place(),
                    fmt::format("channels is {}, expected {}: {} of color and {} of motion", channels,
                                expected, color_channels(), motion_channels()));
  }
  check_count(value, "mean", mean.size(), channels, diagnostics);
  check_count(value, "std", std.size(), channels, diagnostics);
}

}  // namespace actionflow
