#include "base/tensor/input_spec.h"

#include <gmock/gmock.h>

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(const std::string& yaml) {
  config::Diagnostics diagnostics;
  config::read<InputSpec>(config::parse(yaml, "m.yaml"), diagnostics);
  return diagnostics.render();
}

InputSpec spec_of(const std::string& yaml) {
  config::Diagnostics diagnostics;
  InputSpec spec = config::read<InputSpec>(config::parse(yaml, "m.yaml"), diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  return spec;
}

TEST(InputSpec, ReadsTheWholeForm) {
  const InputSpec spec = spec_of(R"(
channels: 4
frames: 10
frame_rate: 12.5
height: 64
width: 48
color: bgr
range: 255
mean: [1, 2, 3, 4]
std: 2
resize: {filter: bicubic, mode: short_side, size: 72}
crop: center
motion: difference
)");
  EXPECT_EQ(spec.color, ColorOrder::bgr);
  EXPECT_THAT(spec.mean, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(spec.std, ElementsAre(2, 2, 2, 2));
  EXPECT_EQ(spec.resize, (Resize{ResizeFilter::bicubic, ResizeMode::short_side, 72}));
  EXPECT_EQ(spec.motion, Motion::difference);
  EXPECT_TRUE(spec.takes_pictures());
}

TEST(InputSpec, TakesOneChannelForGray) {
  EXPECT_EQ(spec_of("{channels: 1}").color, ColorOrder::gray);
  EXPECT_EQ(spec_of("{channels: 2, motion: flow}").color, ColorOrder::gray);
  EXPECT_TRUE(spec_of("{channels: 1}").takes_pictures());
}

TEST(InputSpec, LeavesTheChannelsOfFeaturesFree) {
  const InputSpec spec = spec_of("{channels: 2, frames: 200, height: 1, width: 1}");
  EXPECT_EQ(spec.channels, 2);
  EXPECT_FALSE(spec.takes_pictures());
}

TEST(InputSpec, RefusesChannelsThatDoNotFitColorAndMotion) {
  EXPECT_THAT(error_of("{channels: 3, color: gray}"),
              HasSubstr("m.yaml:1:12: error: channels is 3, expected 1: 1 of color and 0 of motion"));
  EXPECT_THAT(error_of("{channels: 3, motion: difference}"),
              HasSubstr("channels is 3, expected 4: 3 of color and 1 of motion"));
}

TEST(InputSpec, RefusesMeansThatDoNotFitTheChannels) {
  EXPECT_THAT(error_of("{mean: [1, 2]}"), HasSubstr("m.yaml:1:8: error: mean has 2 numbers, expected one"));
  EXPECT_THAT(error_of("{std: [1, 0, 1]}"), HasSubstr("std[1] is 0, expected more than 0"));
}

TEST(InputSpec, ReadsBackAsItIsPrinted) {
  InputSpec spec = spec_of("{channels: 4, motion: flow, mean: 0.5, resize: {filter: nearest}}");
  EXPECT_EQ(spec_of(config::print(spec)), spec);
}

}  // namespace
}  // namespace actionflow
