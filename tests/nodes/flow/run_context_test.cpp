#include "nodes/flow/run_context.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

TEST(StreamState, ALossIsTakenOnceAndTheFirstCounts) {
  StreamState stream("door");
  EXPECT_FALSE(stream.take_loss());
  stream.lose({ExitCode::source, "no decoder"});
  stream.lose({ExitCode::source, "another"});
  const auto loss = stream.take_loss();
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->message, "no decoder");
  EXPECT_FALSE(stream.take_loss());
  stream.lose({ExitCode::source, "again"});
  EXPECT_EQ(stream.take_loss()->message, "again");
}

}  // namespace
}  // namespace actionflow
