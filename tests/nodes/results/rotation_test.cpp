#include "nodes/results/rotation.h"

#include <gmock/gmock.h>

#include <fstream>

#include "nodes/results/json_lines.h"
#include "tests/tools/moved_clock.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Writes lines as a sink does.
class Lines {
 public:
  Lines(const std::filesystem::path& file, const RotateOptions& options, const Clock& clock)
      : rotation_(file, options, clock), out_(rotation_.open()) {}
  void write(const std::string& line) {
    rotation_.before(out_, line.size());
    out_.write(line);
  }

 private:
  Rotation rotation_;
  LineOutput out_;
};

class RotationTest : public ::testing::Test {
 protected:
  const testing::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "a.jsonl";
  testing::MovedClock clock_;
};

TEST_F(RotationTest, BeginsANewFileBeforeOneGrowsTooLargeAndKeepsTheNewestOnes) {
  RotateOptions options;
  options.size = {10};
  options.keep = 2;
  Lines lines(file_, options, clock_);
  for (const char* line : {"one--\n", "two\n", "three\n", "four-----------\n", "five\n"}) lines.write(line);
  EXPECT_EQ(content(file_), "five\n");
  EXPECT_EQ(content(folder_ / "a.jsonl.1"), "four-----------\n") << "a line stays whole";
  EXPECT_EQ(content(folder_ / "a.jsonl.2"), "three\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.jsonl.3"));
}

TEST_F(RotationTest, BeginsANewFileWhenOneIsOld) {
  RotateOptions options;
  options.age = Duration{3600};
  Lines lines(file_, options, clock_);
  lines.write("one\n");
  clock_.pass(3599);
  lines.write("two\n");
  clock_.pass(2);
  lines.write("three\n");
  EXPECT_EQ(content(file_), "three\n");
  EXPECT_EQ(content(folder_ / "a.jsonl.1"), "one\ntwo\n");
}

TEST_F(RotationTest, GoesOnWhereAnotherRunWasKilled) {
  std::ofstream(file_) << "whole\nbrok";
  RotateOptions options;
  options.size = {14};
  {
    Lines lines(file_, options, clock_);
    lines.write("next\n");
    EXPECT_EQ(content(file_), "whole\nnext\n");
  }
  Lines lines(file_, options, clock_);
  lines.write("last\n");
  EXPECT_EQ(content(file_), "last\n") << "what stood there counts";
}

TEST_F(RotationTest, WithNothingToKeepTheOldFileGoes) {
  RotateOptions options;
  options.size = {6};
  options.keep = 0;
  Lines lines(file_, options, clock_);
  lines.write("one\n");
  lines.write("two\n");
  EXPECT_EQ(content(file_), "two\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.jsonl.1"));
}

TEST_F(RotationTest, LosesNoLineWhereTheFileCannotBeRenamed) {
  RotateOptions options;
  options.size = {6};
  options.keep = 1;
  Lines lines(file_, options, clock_);
  lines.write("one\n");
  std::filesystem::create_directories(folder_ / "a.jsonl.1" / "in the way");
  lines.write("two\n");
  EXPECT_EQ(content(file_), "one\ntwo\n");
  std::filesystem::remove_all(folder_ / "a.jsonl.1");
  lines.write("three\n");
  EXPECT_EQ(content(file_), "three\n");
}

}  // namespace
}  // namespace actionflow
