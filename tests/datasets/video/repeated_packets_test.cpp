#include "datasets/video/readers/repeated_packets.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

TEST(RepeatedPackets, SegmentsThatAreGivenAgainAreKnown) {
  RepeatedPackets packets;
  int fresh = 0;
  for (int list = 0; list < 20; ++list) {
    for (int segment = list; segment < list + 4; ++segment) {
      for (int i = 0; i < 10; ++i) fresh += packets.is_repeated(segment * 10 + i) ? 0 : 1;
    }
  }
  EXPECT_EQ(fresh, 230) << "each packet of 23 segments once";
}

}  // namespace
}  // namespace actionflow
