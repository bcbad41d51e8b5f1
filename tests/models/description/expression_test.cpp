// Numbers computed from a block's parameters.
#include "models/description/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace actionflow {
namespace {

using ::testing::HasSubstr;

std::int64_t number(const std::string& text) {
  return evaluate(text, [](std::string_view name) -> std::int64_t { return name == "in" ? 64 : 7; });
}

std::string why_not(const std::string& text) {
  try {
    number(text);
  } catch (const ExpressionError& error) {
    return error.message;
  }
  return {};
}

TEST(Expression, HasTheUsualPrecedence) {
  EXPECT_EQ(number("2 + 3 * 4"), 14);
  EXPECT_EQ(number("(2 + 3) * 4"), 20);
  EXPECT_EQ(number("20 - 3 - 4"), 13);
  EXPECT_EQ(number("1 + 1 == 2"), 1);
  EXPECT_EQ(number("$in * 4"), 256);
  EXPECT_EQ(number("$in*$other-1"), 447);
}

// R(2+1)D's width between 64 and 128 channels: the published 230.
TEST(Expression, DividesDownwards) {
  EXPECT_EQ(number("27 * $in * 128 / (9 * $in + 3 * 128)"), 230);
  EXPECT_EQ(number("7 / 2"), 3);
  EXPECT_EQ(number("(0 - 7) / 2"), -4);
  EXPECT_EQ(number("(0 - 7) % 2"), 1);
}

TEST(Expression, ComparesToOneOrNothing) {
  EXPECT_EQ(number("3 < 3"), 0);
  EXPECT_EQ(number("3 <= 3"), 1);
  EXPECT_EQ(number("3 >= 4"), 0);
  EXPECT_EQ(number("4 > 3"), 1);
  EXPECT_EQ(number("4 != 3"), 1);
}

TEST(Expression, SaysWhatIsWrong) {
  EXPECT_THAT(why_not("$in +"), HasSubstr("lacks a whole number"));
  EXPECT_THAT(why_not("(2 + 3"), HasSubstr("no ')'"));
  EXPECT_THAT(why_not("2 3"), HasSubstr("'3' where an operator"));
  EXPECT_THAT(why_not("2 / (1 - 1)"), HasSubstr("divides by zero"));
  EXPECT_THAT(why_not("5 % 0"), HasSubstr("divides by zero"));
  EXPECT_THAT(why_not("9223372036854775807 + 1"), HasSubstr("beyond 64 bits"));
  EXPECT_THAT(why_not("(0 - 9223372036854775807 - 1) / (0 - 1)"), HasSubstr("beyond 64 bits"));
  EXPECT_THAT(why_not("99999999999999999999"), HasSubstr("beyond 64 bits"));
  EXPECT_THAT(why_not(std::string(100'000, '(')), HasSubstr("too many parentheses"));
}

}  // namespace
}  // namespace actionflow
