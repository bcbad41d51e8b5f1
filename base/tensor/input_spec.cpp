#include "base/tensor/input_spec.h"

#include <fmt/format.h>

namespace actionflow {
namespace {

constexpr int kMostPixels = 16384;  // along a side

constexpr int kMostChannels = 4096;

const config::Place& place_of(const config::Value& value, const char* key) {
  const config::Value* at = value.find(key);
  return at != nullptr ? at->place() : value.place();
}

// One number stands for every channel.
void spread(const config::Value& value, const char* key, std::vector<double>& numbers, int channels,
            config::Diagnostics& diagnostics) {
  const auto wanted = static_cast<std::size_t>(channels);
  if (numbers.size() == 1) numbers.assign(wanted, numbers.front());
  if (numbers.empty() || numbers.size() == wanted) return;
  diagnostics.add(place_of(value, key), fmt::format("{} has {} numbers, expected one, or one a channel: {}",
                                                    key, numbers.size(), channels));
}

}  // namespace

void Resize::describe(config::Fields<Resize>& fields) {
  fields.add("filter", &Resize::filter, "how pixels are weighed");
  fields.add("mode", &Resize::mode,
             "stretch: to height × width; short_side: keeps proportions, then crops the middle; fit: keeps "
             "proportions, black bars around");
  fields
      .add("size", &Resize::size,
           "of short_side: its pixels before the crop; 0: the smaller of height and width")
      .range(0, kMostPixels);
}

void InputSpec::describe(config::Fields<InputSpec>& fields) {
  fields
      .add("channels", &InputSpec::channels,
           "of color, and one of motion where there is one; free where neither color nor motion is given")
      .range(1, kMostChannels);
  fields.add("frames", &InputSpec::frames, "samples in a clip").range(1, 4096);
  fields.add("frame_rate", &InputSpec::frame_rate, "samples a second").more_than(0).at_most(1000);
  fields.add("height", &InputSpec::height, "pixels").range(1, kMostPixels);
  fields.add("width", &InputSpec::width, "pixels").range(1, kMostPixels);
  fields.add("color", &InputSpec::color, "order of the color channels");
  fields.add("range", &InputSpec::range, "what a byte of 255 becomes, before mean and std")
      .more_than(0)
      .at_most(1e6);
  fields.add("mean", &InputSpec::mean, "one, or one a channel, on the ranged values; none: 0")
      .range(-1e6, 1e6);
  fields.add("std", &InputSpec::std, "one, or one a channel, on the ranged values; none: 1")
      .more_than(0)
      .at_most(1e6);
  fields.add("resize", &InputSpec::resize, "how a picture comes to height × width");
  fields.add("crop", &InputSpec::crop, "where the crop after short_side stands");
  fields.add("motion", &InputSpec::motion, "a further channel: what moved since the sample before");
}

void InputSpec::check(const config::Value& value, config::Diagnostics& diagnostics) {
  const bool has_color = value.find("color") != nullptr;
  if (!has_color && channels == 1 + motion_channels()) color = ColorOrder::gray;
  if (!takes_pictures() && (has_color || motion != Motion::none)) {
    diagnostics.add(place_of(value, "channels"),
                    fmt::format("channels is {}, expected {}: {} of color and {} of motion", channels,
                                color_channels() + motion_channels(), color_channels(), motion_channels()));
  }
  spread(value, "mean", mean, channels, diagnostics);
  spread(value, "std", std, channels, diagnostics);
}

}  // namespace actionflow
