#include "base/text/html.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

TEST(Html, TextCannotBecomeMarkup) {
  EXPECT_EQ(escape_html(R"(<a href="x" title='y'>1 & 2</a>)"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;1 &amp; 2&lt;/a&gt;");
  EXPECT_EQ(escape_html("grüße"), "grüße");
}

// RFC 4648, section 10.
TEST(Html, Base64IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string_view("\xff\x00\xfe", 3)), "/wD+");
}

}  // namespace
}  // namespace actionflow
