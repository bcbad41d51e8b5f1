#include "base/text/short_name.h"

#include <gtest/gtest.h>

#include <string>

namespace actionflow {
namespace {

TEST(ShortName, IsTheNameWhereItFitsElseItsBeginningAndAHash) {
  EXPECT_EQ(short_name("a.mp4", 40), "a.mp4");
  const std::string name(50, 'n');
  EXPECT_EQ(short_name(name + "1", 40).size(), 40U);
  EXPECT_NE(short_name(name + "1", 40), short_name(name + "2", 40));
  EXPECT_EQ(short_name(name + "1", 40), short_name(name + "1", 40));
}

TEST(ShortName, CutsNoLetterInTwo) {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "\u20ac";
  for (std::size_t most = 40; most < 44; ++most) {
    const std::string shortened = short_name(name, most);
    EXPECT_LE(shortened.size(), most);
    EXPECT_EQ((shortened.size() - 17) % 3, 0U) << shortened;
  }
}

}  // namespace
}  // namespace actionflow
