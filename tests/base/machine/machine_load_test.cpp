#include "base/machine/machine_load.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/machine/clock.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

TEST(MachineLoad, CountsWhatProgramsSystemAndNeighboursHadAndNothingIdle) {
  const testing::TemporaryFolder folder;
  // proc(5): user nice system idle iowait irq softirq steal guest guest_nice
  std::ofstream(folder / "stat") << "cpu  100 10 20 5000 700 3 4 50 90 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
  EXPECT_DOUBLE_EQ(busy_seconds(folder / "stat"), 187. / static_cast<double>(sysconf(_SC_CLK_TCK)));
  EXPECT_EQ(busy_seconds(folder / "none"), 0);
}

TEST(MachineLoad, HoldsWhatThisProcessUses) {
  const double busy = busy_seconds(), own = processor_seconds();
  while (processor_seconds() - own < 0.3) {
  }
  EXPECT_GT(busy_seconds() - busy, 0.2);
  EXPECT_GE(machine_processors(), 1);
}

}  // namespace
}  // namespace actionflow
