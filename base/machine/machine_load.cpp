#include "base/machine/machine_load.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

namespace actionflow {

double busy_seconds(const std::filesystem::path& stat) {
  // cpu user nice system idle iowait irq softirq steal …, in ticks; guests' are among the user's.
  std::ifstream file(stat);
  std::string name;
  std::array<double, 8> ticks{};
  if (!(file >> name) || name != "cpu") return 0;
  for (double& one : ticks) file >> one;
  const double busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
  return busy / static_cast<double>(sysconf(_SC_CLK_TCK));
}

int machine_processors() { return static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))); }

}  // namespace actionflow
