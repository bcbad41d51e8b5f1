#include "base/text/source_name.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/text/mask.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

void expect_apart(const std::vector<std::string>& sources) {
  std::set<std::string> names;
  for (const std::string& source : sources) names.insert(recording_name(source));
  EXPECT_EQ(names.size(), sources.size()) << sources.front();
}

TEST(RecordingName, TellsRecordingsApartWhereTheMaskHidesHowTheyDiffer) {
  expect_apart({"http://h/view?id=3", "http://h/view?id=4", "http://h/view?id=3#1", "http://h/view?4"});
  expect_apart(
      {"http://h/8f14e45fceea167a5a36dedd4bea2543/a.mp4", "http://h/8f14e45fceea167a5a36dedd4bea2544/a.mp4"});
  expect_apart({"http://h/session=1/a.mp4", "http://h/session=2/a.mp4"});
  expect_apart({"a\xe9.mp4", "a\xe8.mp4", "a\xef\xbf\xbd.mp4"});
  EXPECT_TRUE(recording_name("http://h/8f14e45fceea167a5a36dedd4bea2543/a.mp4").starts_with("http://h/***-"));
  EXPECT_TRUE(recording_name("http://h/8f14e45fceea167a5a36dedd4bea2543/a.mp4").ends_with("/a.mp4"));
}

TEST(RecordingName, HoldsNoSecret) {
  for (const char* source : {"http://u:hunter2@h/a.mp4?token=hunter2&x=hunter2", "u:hunter2@h/a.mp4",
                             "http://h/hook/hunter2/a.mp4", "s3://u:hunter2@b/a.mp4"})
    EXPECT_EQ(recording_name(source).find("hunter2"), std::string::npos) << source;
  EXPECT_EQ(recording_name("http://u:one@h/a.mp4"), recording_name("http://u:two@h/a.mp4"))
      << "nor a hash by which a password could be tried";
  EXPECT_EQ(recording_name("http://h/a.mp4?pwd=1"), recording_name("http://h/a.mp4?pwd=2"));
}

TEST(RecordingName, IsThatOfTheObjectWhoeverSignsForIt) {
  for (const std::string end :
       {"X-Amz-Date=", "X-Amz-Signature=", "x-goog-signature=", "Expires=", "sv=1&sig="})
    EXPECT_EQ(recording_name("https://h/a.mp4?" + end + "1"), recording_name("https://h/a.mp4?" + end + "2"));
  expect_apart({"https://h/a.mp4?se=1", "https://h/a.mp4?se=2"});
}

TEST(RecordingName, IsShownInLinesAsItIs) {
  for (const char* source : {"http://h/view?id=3", "http://h/session=1/a.mp4",
                             "http://h/8f14e45fceea167a5a36dedd4bea2543/a.mp4"}) {
    const std::string line = recording_name(source) + ": the server answers 404";
    EXPECT_EQ(without_credentials(line), line);
  }
}

TEST(RecordingName, IsThePathOrTheKeyAsItIs) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"2024-05-01T12:00@door.mp4", "session=1.mp4", "a?token=b.mp4"}) {
    const std::string file = folder / name;
    std::ofstream(file) << "a";
    EXPECT_EQ(recording_name(file), file);
  }
  for (const char* name :
       {"hive/session=1/clip.mp4", "session=1/clip.mp4", "s3://b/take#1.mp4", "s3://b/a?k=1.mp4",
        "s3://b/session=1/clip.mp4", "s3://b/12:00@door.mp4", "http://h/recording_2026_11_29/cam1.mp4",
        "http://h/3f2b8c1e-9a7d-4e5f-8b6c-123456789012/1.mp4", "http://h/2026-11-29T12-30-59/1.mp4"})
    EXPECT_EQ(recording_name(name), name);
}

}  // namespace
}  // namespace actionflow
