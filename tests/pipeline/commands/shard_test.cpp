#include "pipeline/commands/arguments/shard.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace actionflow {
namespace {

class JobArray : public ::testing::Test {
 protected:
  void set(const std::map<std::string, std::string>& values) {
    for (const auto& [name, value] : values) {
      ASSERT_EQ(setenv(name.c_str(), value.c_str(), 1), 0);
      set_.push_back(name);
    }
  }
  void TearDown() override {
    for (const std::string& name : set_) unsetenv(name.c_str());
  }

 private:
  std::vector<std::string> set_;
};

TEST(Shard, HoldsEachNameOnceAndAboutItsPart) {
  constexpr std::uint64_t kCount = 8;
  std::vector<int> held(kCount);
  for (int i = 0; i < 8000; ++i) {
    const std::string name = "camera " + std::to_string(i) + ".mp4";
    int shares = 0;
    for (std::uint64_t k = 0; k < kCount; ++k) {
      if (!Shard{k, kCount}.holds(name)) continue;
      ++shares;
      ++held[k];
    }
    ASSERT_EQ(shares, 1) << name;
  }
  for (const int count : held) EXPECT_NEAR(count, 1000, 150);
}

TEST(Shard, CountsFromZeroOrFromOne) {
  EXPECT_EQ(read_shard("0/4").index, 0U);
  EXPECT_EQ(read_shard("4/4").index, 0U);
  EXPECT_EQ(read_shard("3/4").index, 3U);
}

TEST_F(JobArray, IsReadOfSlurm) {
  set({{"SLURM_ARRAY_TASK_ID", "12"}, {"SLURM_ARRAY_TASK_MIN", "10"}, {"SLURM_ARRAY_TASK_COUNT", "4"}});
  const Shard shard = read_shard("auto");
  EXPECT_EQ(shard.index, 2U);
  EXPECT_EQ(shard.count, 4U);
}

TEST_F(JobArray, IsReadOfKubernetes) {
  set({{"JOB_COMPLETION_INDEX", "0"}, {"JOB_COMPLETIONS", "3"}});
  EXPECT_EQ(read_shard("auto").index, 0U);
  EXPECT_EQ(read_shard("auto").count, 3U);
}

TEST_F(JobArray, OfSoManyTasksNeedsItsNumberAlone) {
  EXPECT_THROW(read_shard("auto/8"), UsageError);
  set({{"JOB_COMPLETION_INDEX", "3"}});
  EXPECT_EQ(read_shard("auto/8").index, 3U);
  EXPECT_EQ(read_shard("auto/8").count, 8U);
  EXPECT_THROW(read_shard("auto/2"), UsageError);
  EXPECT_THROW(read_shard("auto"), UsageError);
}

// One that failed is run again by itself.
TEST_F(JobArray, OfOneTaskIsTheSameShareAsInTheWhole) {
  set({{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_MIN", "3"}, {"SLURM_ARRAY_TASK_COUNT", "1"}});
  EXPECT_EQ(read_shard("auto/8").index, 3U);
}

TEST_F(JobArray, WithStepsIsRefused) {
  set({{"SLURM_ARRAY_TASK_ID", "8"}, {"SLURM_ARRAY_TASK_MIN", "0"}, {"SLURM_ARRAY_TASK_COUNT", "5"}});
  EXPECT_THROW(read_shard("auto"), UsageError);
}

}  // namespace
}  // namespace actionflow
