#include "base/files/make_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MakeRoom : public ::testing::Test {
 protected:
  void add(const std::string& name, std::uint64_t bytes, int age) {
    const fs::path path = folder_ / name;
    std::ofstream(path) << std::string(bytes, 'x');
    files_.push_back({path, bytes, fs::file_time_type::clock::now() - std::chrono::hours(age)});
  }
  std::uint64_t run(std::uint64_t limit) {
    return make_room(files_, limit,
                     [this](const fs::path& path) { gone_.push_back(path.filename().string()); });
  }

  testing::TemporaryFolder folder_;
  std::vector<KeptFile> files_;
  std::vector<std::string> gone_;
};

TEST_F(MakeRoom, RemovesWhatWasUsedLongestAgoAndNoMoreThanItHasTo) {
  add("new", 10, 1);
  add("oldest", 30, 9);
  add("old", 20, 5);
  EXPECT_EQ(run(60), 60U);
  EXPECT_THAT(gone_, IsEmpty());
  EXPECT_EQ(run(25), 10U);
  EXPECT_THAT(gone_, ElementsAre("oldest", "old"));
  EXPECT_FALSE(fs::exists(folder_ / "oldest"));
  EXPECT_FALSE(fs::exists(folder_ / "old"));
  EXPECT_TRUE(fs::exists(folder_ / "new"));
}

TEST_F(MakeRoom, RemovesAFolderWithAllThatIsInIt) {
  fs::create_directories(folder_ / "copy");
  add("copy/a", 10, 1);
  files_.front().path = folder_ / "copy";
  EXPECT_EQ(run(0), 0U);
  EXPECT_FALSE(fs::exists(folder_ / "copy"));
}

TEST_F(MakeRoom, TakesWhatAnotherProcessRemovedForGone) {
  add("a", 10, 2);
  add("b", 10, 1);
  fs::remove(folder_ / "a");
  EXPECT_EQ(run(10), 10U);
  EXPECT_TRUE(fs::exists(folder_ / "b"));
}

}  // namespace
}  // namespace actionflow
