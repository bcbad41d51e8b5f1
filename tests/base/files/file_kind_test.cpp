#include "base/files/file_kind.h"

#include <gmock/gmock.h>

namespace actionflow {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;

TEST(FileKind, OfPicturesNamesTheFormatInBothForms) {
  for (const auto& [head, format] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"\xFF\xD8\xFF\xE0"sv, "JPEG"},
           {"\x89PNG\r\n\x1A\n"sv, "PNG"},
           {"RIFF\x10\0\0\0WEBPVP8 "sv, "WebP"},
           {"\0\0\0\x18"
            "ftypheic"sv,
            "HEIC"},
           {"\0\0\0\x18"
            "ftypavif"sv,
            "AVIF"}}) {
    EXPECT_EQ(picture_format(head), format);
    EXPECT_THAT(std::string(file_kind(head)), HasSubstr(std::string(format) + " picture"));
  }
}

TEST(FileKind, OfWhatIsNoPictureHasNoFormat) {
  constexpr std::string_view kMp4 =
      "\0\0\0\x18"
      "ftypisom"sv;
  EXPECT_EQ(file_kind(kMp4), "an MP4 or MOV video");
  EXPECT_EQ(picture_format(kMp4), "");
  for (const std::string_view unknown : {"", "a", "some text that is none of these"}) {
    EXPECT_EQ(file_kind(unknown), "");
    EXPECT_EQ(picture_format(unknown), "");
  }
}

TEST(FileKind, NeedsTheWholeSignature) { EXPECT_EQ(file_kind("\x89PN"sv), ""); }

}  // namespace
}  // namespace actionflow
