#include "datasets/video/recordings_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/datasets/make_video.h"

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RecordingsFolder : public ::testing::Test {
 protected:
  void file(const std::string& name) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << name;
  }
  // Without the folder's own name.
  std::vector<std::string> found() const {
    std::vector<std::string> names;
    for (const std::string& path : recordings_in(folder_.path().string()))
      names.push_back(std::filesystem::path(path).lexically_relative(folder_.path()).string());
    return names;
  }

  const TemporaryFolder folder_;
};

TEST_F(RecordingsFolder, AreVideosInItAndBelowInTheOrderInWhichPeopleCount) {
  for (const char* name : {"10.mp4", "2.MOV", "day 1/b.mkv", "day 1/a.avi", "notes.txt", "found.csv",
                           "thumb.jpg", "day 1/deep/er/c.webm", ".hidden/x.mp4", "._2.mov"})
    file(name);
  EXPECT_THAT(found(), ElementsAre("2.MOV", "10.mp4", "day 1/a.avi", "day 1/b.mkv", "day 1/deep/er/c.webm"));
}

TEST_F(RecordingsFolder, BeginWithTheFolderAsItIsWritten) {
  file("a.mp4");
  EXPECT_THAT(recordings_in(folder_.path().string() + "/"), ElementsAre(folder_ / "a.mp4"));
}

TEST_F(RecordingsFolder, MayBeFoldersOfFrames) {
  for (const char* name : {"0002/1.jpg", "0002/2.jpg", "0010/1.PNG", "0002.txt"}) file(name);
  EXPECT_THAT(found(), ElementsAre("0002", "0010"));
}

TEST_F(RecordingsFolder, IsOneOfFramesWhereItHoldsPicturesAndNoVideo) {
  for (const char* name : {"1.jpg", "2.jpg", "small/1.jpg", "notes.txt"}) file(name);
  EXPECT_THAT(found(), ElementsAre("."));
  file("small/film.mp4");
  EXPECT_THAT(found(), ElementsAre("small/film.mp4"));
}

TEST_F(RecordingsFolder, AreFilesBehindLinksButNotFolders) {
  file("a.mp4");
  std::filesystem::create_symlink(folder_ / "a.mp4", folder_ / "b.mp4");
  std::filesystem::create_directory_symlink(folder_.path(), folder_ / "again");
  EXPECT_THAT(found(), ElementsAre("a.mp4", "b.mp4"));
}

TEST_F(RecordingsFolder, NamesWhatCannotBeLookedInto) {
  EXPECT_THAT(recordings_in(folder_ / "gone"), ElementsAre(folder_ / "gone"));
}

TEST_F(RecordingsFolder, MayHaveNone) {
  file("notes.txt");
  EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace actionflow::testing
