#include "models/inspection/receptive_field.h"

#include <gtest/gtest.h>

#include "models/description/architecture.h"

namespace actionflow::testing {
namespace {

std::string field_of(const std::string& layers) {
  const Architecture net = parse_architecture(
      "name: n\ninput: {channels: 3, frames: 16, frame_rate: 10, height: 64, width: 48}\nlayers:\n" + layers,
      "n");
  return to_string(receptive_fields(net.graph).back());
}

TEST(ReceptiveField, GrowsByKernelsAndDilationTimesTheStrideBefore) {
  EXPECT_EQ(field_of("  - {layer: conv3d, filters: 2, kernel: 3}\n"), "3×3×3");
  EXPECT_EQ(field_of("  - {layer: conv3d, filters: 2, kernel: [1, 7, 7], stride: [1, 2, 2]}\n"
                     "  - {layer: max_pool3d, size: [1, 3, 3], stride: [1, 2, 2]}\n"
                     "  - {layer: conv3d, filters: 2, kernel: 3, dilation: [2, 1, 1]}\n"),
            "5×19×19")
      << "7, then 2·2 more, then 2·4 more; in time 2·2 more than 1";
}

TEST(ReceptiveField, IsNeverMoreThanTheClip) {
  EXPECT_EQ(field_of("  - {layer: average_pool3d, size: [8, 32, 32]}\n"
                     "  - {layer: conv3d, filters: 2, kernel: [2, 2, 1], padding: [1, 1, 0]}\n"),
            "16×64×32");
  EXPECT_EQ(field_of("  - global_average_pool\n"), "16×64×48");
  EXPECT_EQ(field_of("  - {layer: global_average_pool, over: space}\n"), "1×64×48");
}

TEST(ReceptiveField, OfAJoinIsItsWidestBranch) {
  EXPECT_EQ(
      field_of("  - {layer: conv3d, name: wide, filters: 3, kernel: [1, 5, 5], padding: same}\n"
               "  - {layer: conv3d, name: long, from: input, filters: 3, kernel: [3, 1, 1], padding: same}\n"
               "  - {layer: add, from: [wide, long]}\n"),
      "3×5×5");
}

TEST(ReceptiveField, OfAttentionIsItsWindow) {
  EXPECT_EQ(field_of("  - {layer: dense, units: 12}\n  - {layer: attention, heads: 2, within: space}\n"),
            "1×64×48");
  EXPECT_EQ(field_of("  - {layer: dense, units: 12}\n"
                     "  - {layer: attention, heads: 2, window: [2, 8, 8]}\n"),
            "2×8×8");
}

}  // namespace
}  // namespace actionflow::testing
