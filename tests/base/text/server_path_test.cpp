#include "base/text/server_path.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

TEST(ServerPath, IsThatOfTheNameAsItIs) {
  EXPECT_EQ(on_server("http://h/films/", "#1 odd \u00fc%20&name?.mp4"),
            "http://h/films/%231 odd \u00fc%2520&name%3F.mp4");
  EXPECT_EQ(on_server("HTTPS://h/", "a/b#.mp4"), "HTTPS://h/a/b%23.mp4");
  EXPECT_EQ(on_server("s3://b/films/", "a?b#c%20.mp4"), "s3://b/films/a?b#c%20.mp4");
}

}  // namespace
}  // namespace actionflow
