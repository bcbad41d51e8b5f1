#include "models/plan/value_memory.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace actionflow::testing {
namespace {

using kernels::Layout;

Layout layout(std::int64_t channels) { return {1, {channels, 1, 1, 1}, channels}; }

ValueMemory values(std::size_t count) { return {std::vector<Layout>(count, layout(16)), "net"}; }

TEST(ValueMemory, SharesBytesOfValuesWhoseLivesDoNotMeet) {
  ValueMemory memory = values(3);
  for (int v = 0; v < 3; ++v) memory.define(static_cast<std::size_t>(v), v);
  memory.lives_until(0, 1);
  memory.lives_until(1, 2);
  EXPECT_EQ(memory.place(), 128U);
  EXPECT_EQ(memory.offset(0), memory.offset(2));
  EXPECT_NE(memory.offset(0), memory.offset(1));
}

TEST(ValueMemory, AnAliasLengthensTheLifeOfWhatItAliases) {
  ValueMemory memory = values(3);
  memory.define(0, 0);
  memory.alias(1, 0, 32);
  memory.lives_until(1, 2);
  memory.define(2, 1);
  memory.place();
  EXPECT_EQ(memory.offset(1), memory.offset(0) + 32);
  EXPECT_NE(memory.offset(2), memory.offset(0));
}

TEST(ValueMemory, AResultReplacesAnOperandThatIsReadForTheLastTimeUnderOneName) {
  ValueMemory memory = values(4);
  memory.define(0, 0);
  memory.define(2, 2);
  memory.alias(1, 0);
  memory.lives_until(0, 2);
  EXPECT_FALSE(memory.can_replace(0, 2, {0}, 1)) << "read again later";
  EXPECT_FALSE(memory.can_replace(0, 2, {0, 1}, 2)) << "read under two names";
  ASSERT_TRUE(memory.can_replace(0, 2, {0}, 2));
  memory.lives_until(2, 4);
  memory.replace(0, 2);
  memory.define(3, 3);
  EXPECT_EQ(memory.place(), 128U);
  EXPECT_EQ(memory.offset(2), memory.offset(0));
  EXPECT_NE(memory.offset(3), memory.offset(2));
}

TEST(ValueMemory, AResultDoesNotReplacePartOfABuffer) {
  ValueMemory memory({layout(32), layout(16), layout(16)}, "net");
  memory.define(0, 0);
  memory.define(2, 1);
  memory.alias(1, 0);
  memory.lives_until(1, 1);
  EXPECT_FALSE(memory.can_replace(1, 2, {1}, 1));
}

TEST(ValueMemory, WhatIsNeverDefinedTakesNoMemoryAndFurtherBuffersDo) {
  ValueMemory memory = values(2);
  memory.define(0, 0);
  const std::size_t scratch = memory.add_buffer({64, 0, 0, 0});
  EXPECT_EQ(memory.place(), 128U);
  EXPECT_NE(memory.buffer_offset(scratch), memory.offset(0));
}

TEST(ValueMemory, RefusesAValueWhoseBytesCannotBeCounted) {
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_THROW(ValueMemory({Layout{huge, {huge, 1, 1, 1}, huge}}, "net"), ModelError);
}

}  // namespace
}  // namespace actionflow::testing
