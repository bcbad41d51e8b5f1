#include "base/text/utf8.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

TEST(Utf8, PrintableTextIsLeftAlone) {
  EXPECT_EQ(printable("a b/c \u00e4\u65e5\U0001F600 <'\"%#?"), "a b/c \u00e4\u65e5\U0001F600 <'\"%#?");
}

TEST(Utf8, WhatIsNoTextIsReplaced) {
  EXPECT_EQ(printable("a\x1b[31m"), "a\uFFFD[31m");
  EXPECT_EQ(printable("a\r\nb\x7f"), "a\uFFFD\uFFFDb\uFFFD");
  EXPECT_EQ(printable("caf\xe9.mp4"), "caf\uFFFD.mp4") << "Latin-1";
  EXPECT_EQ(printable("\xc2\x9b"), "\uFFFD") << "a control character of two bytes";
  EXPECT_EQ(printable("\xc2"), "\uFFFD");
}

}  // namespace
}  // namespace actionflow
