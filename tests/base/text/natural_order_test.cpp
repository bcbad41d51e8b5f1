#include "base/text/natural_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace actionflow {
namespace {

TEST(NaturalOrder, CountsNumbersAsNumbers) {
  std::vector<std::string> names = {
      "10.jpg", "2.jpg", "1.jpg", "a10b2", "a2b10", "a10b1", "02.jpg", "b", "00010000000000000000000000.jpg"};
  std::sort(names.begin(), names.end(), natural_less);
  EXPECT_EQ(names,
            (std::vector<std::string>{"1.jpg", "02.jpg", "2.jpg", "10.jpg", "00010000000000000000000000.jpg",
                                      "a2b10", "a10b1", "a10b2", "b"}));
}

}  // namespace
}  // namespace actionflow
