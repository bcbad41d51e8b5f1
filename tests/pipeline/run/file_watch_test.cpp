#include "pipeline/run/process/file_watch.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <fstream>

#include "tests/datasets/make_video.h"

namespace actionflow::testing {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

// Events of this process's own writes stand in the queue when the write returns.
bool noticed(const FileWatch& watch) {
  pollfd ready{watch.descriptor(), POLLIN, 0};
  return poll(&ready, 1, 0) == 1;
}

class WatchedFile : public ::testing::Test {
 protected:
  WatchedFile() { write(file_, "one"); }
  const TemporaryFolder folder_;
  const fs::path file_ = folder_ / "p.yaml";
};

TEST_F(WatchedFile, ChangesWhenItIsWrittenInPlace) {
  FileWatch watch(file_);
  EXPECT_FALSE(watch.take_change());
  write(file_, "two");
  EXPECT_TRUE(noticed(watch));
  EXPECT_TRUE(watch.take_change());
  EXPECT_FALSE(noticed(watch));
  EXPECT_FALSE(watch.take_change());
}

TEST_F(WatchedFile, ChangesWhenAnotherTakesItsPlace) {
  FileWatch watch(file_);
  write(folder_ / "other", "two");
  EXPECT_FALSE(watch.take_change());
  fs::rename(folder_ / "other", file_);
  EXPECT_TRUE(noticed(watch));
  EXPECT_TRUE(watch.take_change());
}

TEST_F(WatchedFile, ChangesWhenALinkOnTheWayToItIsExchanged) {
  fs::create_directories(folder_ / "1");
  fs::create_directories(folder_ / "2");
  write(folder_ / "1/p.yaml", "one");
  write(folder_ / "2/p.yaml", "two");
  fs::create_symlink("1", folder_ / "now");
  fs::create_symlink("now/p.yaml", folder_ / "linked.yaml");
  FileWatch watch(folder_ / "linked.yaml");
  fs::create_symlink("2", folder_ / "next");
  fs::rename(folder_ / "next", folder_ / "now");
  EXPECT_TRUE(noticed(watch));
  EXPECT_TRUE(watch.take_change());
}

TEST_F(WatchedFile, DoesNotChangeWhenTheSameIsWrittenOrItIsAway) {
  FileWatch watch(file_);
  write(file_, "one");
  EXPECT_FALSE(watch.take_change());
  fs::remove(file_);
  EXPECT_FALSE(watch.take_change());
  write(file_, "two");
  EXPECT_TRUE(watch.take_change());
}

}  // namespace
}  // namespace actionflow::testing
