// Archives written and read, and archives that are not what they say. Offsets are those of PKWARE's
// APPNOTE.TXT.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "models/formats/zip/zip_directory.h"
#include "models/formats/zip/zip_writer.h"
#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string zipped(const std::vector<ZipEntry>& entries) {
  const ScratchFolder scratch;
  write_zip(entries, scratch.path() / "a.zip");
  std::ifstream stream(scratch.path() / "a.zip", std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string refused(const std::string& bytes) {
  try {
    zip_entries(bytes, "a.zip");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

// The bytes with a number written over those at `at`.
template <class T>
std::string with(std::string bytes, std::size_t at, T number) {
  std::memcpy(bytes.data() + at, &number, sizeof(number));
  return bytes;
}

class Zip : public ::testing::Test {
 protected:
  std::string good_ = zipped({{"a/one", "first"}, {"a/two", ""}, {"a/three", std::string_view("\0\xff", 2)}});
  std::size_t end_ = good_.size() - 22;
  std::size_t directory_ = good_.find("PK\x01\x02");
  std::size_t local_ = 0;
};

TEST_F(Zip, GivesBackWhatWasWrittenWhereItLies) {
  const auto entries = zip_entries(good_, "a.zip");
  EXPECT_THAT(entries, ElementsAre(Pair("a/one", "first"), Pair("a/three", std::string_view("\0\xff", 2)),
                                   Pair("a/two", "")));
  for (const auto& [name, bytes] : entries) EXPECT_EQ((bytes.data() - good_.data()) % 64, 0) << name;
  EXPECT_EQ(good_, zipped({{"a/one", "first"}, {"a/two", ""}, {"a/three", std::string_view("\0\xff", 2)}}));
}

TEST_F(Zip, ACommentMayStandBehindTheDirectory) {
  const std::string comment = "of another program";
  EXPECT_EQ(refused(with(good_, end_ + 20, static_cast<std::uint16_t>(comment.size())) + comment),
            "no error");
}

TEST_F(Zip, RefusesWhatWouldLeaveTheFile) {
  EXPECT_THAT(refused(""), HasSubstr("too short"));
  EXPECT_THAT(refused(std::string(100, '\0')), HasSubstr("its directory is missing"));
  EXPECT_THAT(refused(with(good_, end_ + 10, std::uint16_t{4})), HasSubstr("of 4 entries"));
  EXPECT_THAT(refused(with(good_, end_ + 10, std::uint16_t{999})), HasSubstr("of 999 entries"));
  EXPECT_THAT(refused(with(good_, end_ + 16, std::uint32_t{0xFFFFFFF0})), HasSubstr("does not fit"));
  EXPECT_THAT(refused(with(good_, end_ + 12, std::uint32_t{0x7FFFFFFF})), HasSubstr("does not fit"));
  EXPECT_THAT(refused(with(good_, directory_ + 28, std::uint16_t{0xFFFF})),
              HasSubstr("leaves the directory"));
  EXPECT_THAT(
      refused(with(with(good_, directory_ + 20, std::uint32_t{1000}), directory_ + 24, std::uint32_t{1000})),
      HasSubstr("'a/one' of 1000 bytes leaves the archive"));
  EXPECT_THAT(refused(with(good_, directory_ + 42, std::uint32_t{0x7FFFFFFF})),
              HasSubstr("does not begin where"));
  EXPECT_THAT(refused(with(good_, local_ + 28, std::uint16_t{0xFFFF})), HasSubstr("leaves the archive"));
}

TEST_F(Zip, RefusesWhatItCannotGiveAsItStands) {
  EXPECT_THAT(refused(with(good_, directory_ + 10, std::uint16_t{8})), HasSubstr("'a/one' is compressed"));
  EXPECT_THAT(refused(with(good_, directory_ + 8, std::uint16_t{1})), HasSubstr("'a/one' is encrypted"));
  EXPECT_THAT(refused(zipped({{"a", "1"}, {"a", "2"}})), HasSubstr("'a' stands twice"));
}

}  // namespace
}  // namespace actionflow::testing
