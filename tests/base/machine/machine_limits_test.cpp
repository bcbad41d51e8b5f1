#include "base/machine/machine_limits.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>

namespace actionflow {
namespace {

class ControlGroups : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    const auto file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  ControlGroupLimits limits() const { return control_group_limits(folder_ / "self", folder_ / "fs"); }

 private:
  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("control_groups_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ControlGroups, OfVersion2) {
  write("self", "0::/system.slice/camera.service\n");
  write("fs/system.slice/camera.service/cpu.max", "150000 100000\n");
  write("fs/system.slice/camera.service/memory.max", "2147483648\n");
  EXPECT_EQ(limits().processors, 1.5);
  EXPECT_EQ(limits().memory, 2147483648U);
}

TEST_F(ControlGroups, TheNarrowestAboveCounts) {
  write("self", "0::/a/b\n");
  write("fs/a/b/cpu.max", "max 100000\n");
  write("fs/a/b/memory.max", "4000000000\n");
  write("fs/a/cpu.max", "50000 100000\n");
  write("fs/a/memory.max", "1000000000\n");
  write("fs/memory.max", "max\n");
  EXPECT_EQ(limits().processors, 0.5);
  EXPECT_EQ(limits().memory, 1000000000U);
}

TEST_F(ControlGroups, OfVersion1AndWithAPathOfAnotherNamespace) {
  write("self", "4:memory:/docker/1234\n1:cpu,cpuacct:/docker/1234\n0::/\n");
  write("fs/memory/memory.limit_in_bytes", "500000000\n");
  write("fs/cpu/cpu.cfs_quota_us", "200000\n");
  write("fs/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(limits().processors, 2.0);
  EXPECT_EQ(limits().memory, 500000000U);
}

TEST_F(ControlGroups, WithoutLimitsOrWithoutAnyFile) {
  write("self", "1:cpu,cpuacct:/\n0::/\nno line of a group\n");
  write("fs/cpu/cpu.cfs_quota_us", "-1\n");
  write("fs/cpu/cpu.cfs_period_us", "100000\n");
  write("fs/cpu.max", "max 100000\n");
  EXPECT_EQ(limits().processors, std::nullopt);
  EXPECT_EQ(limits().memory, std::nullopt);
  const ControlGroupLimits none = control_group_limits("/nowhere/cgroup", "/nowhere");
  EXPECT_FALSE(none.processors || none.memory);
}

TEST(MachineLimits, AreWithinTheMachine) {
  EXPECT_GE(usable_processors(), 1);
  EXPECT_LE(usable_processors(), static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_GT(usable_memory(), 0U);
  EXPECT_LT(free_memory(), usable_memory());
  const std::uint64_t before = free_memory();
  const std::vector<char> held(std::size_t{64} << 20U, 'x');
  EXPECT_LT(free_memory() + (std::size_t{32} << 20U), before) << held.back();
}

}  // namespace
}  // namespace actionflow
