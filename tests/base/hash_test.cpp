#include "base/hash.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

// The test vectors of http://www.isthe.com/chongo/src/fnv/test_fnv.c.
TEST(Fnv1a, HasItsPublishedValues) {
  EXPECT_EQ(fnv1a(""), 0xCBF29CE484222325U);
  EXPECT_EQ(fnv1a("a"), 0xAF63DC4C8601EC8CU);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171F73967E8U);
}

TEST(Fnv1a, OfPiecesIsThatOfTheWhole) { EXPECT_EQ(fnv1a("bar", fnv1a("foo")), fnv1a("foobar")); }

}  // namespace
}  // namespace actionflow
