#include "base/machine/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace actionflow {
namespace {

TEST(Backoff, DoublesFromHalfASecondToThirty) {
  Backoff backoff;
  double whole_ms = 500;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const double delay_ms = static_cast<double>(backoff.next().count());
    EXPECT_GE(delay_ms, std::max(500.0, whole_ms * 0.75 - 1)) << attempt;
    EXPECT_LE(delay_ms, whole_ms) << attempt;
    whole_ms = std::min(30'000.0, whole_ms * 2);
  }
}

TEST(Backoff, BeginsAgainAfterSuccess) {
  Backoff backoff;
  for (int attempt = 0; attempt < 5; ++attempt) backoff.next();
  backoff.reset();
  EXPECT_EQ(backoff.next(), Backoff::kFirst);
}

TEST(Backoff, GoesOnGrowingWhereWhatCameBackIsLostAtOnce) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  Backoff backoff;
  std::int64_t now = 0;
  for (int loss = 0; loss < 12; ++loss) {
    for (int k = 0; k < 2; ++k) backoff.note_there(now += kSecond / 2);
    now += std::chrono::nanoseconds(backoff.next()).count();
  }
  EXPECT_GE(backoff.next(), Backoff::kLongest * 3 / 4);
  for (int k = 0; k < 3; ++k) backoff.note_there(now += kSecond / 2);
  EXPECT_EQ(backoff.next(), Backoff::kFirst) << "it held";
}

TEST(Backoff, SpreadsManyCameras) {
  std::set<std::int64_t> delays;
  for (int camera = 0; camera < 50; ++camera) {
    Backoff backoff;
    for (int attempt = 0; attempt < 7; ++attempt) backoff.next();
    delays.insert(backoff.next().count());
  }
  EXPECT_GT(delays.size(), 40u);
}

}  // namespace
}  // namespace actionflow
