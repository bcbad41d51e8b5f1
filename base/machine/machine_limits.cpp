#include "base/machine/machine_limits.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

namespace actionflow {

namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// Nothing for "max", −1 and whatever is no number.
std::optional<double> number(const std::string& text) {
  std::istringstream in(text);
  double value = 0;
  if (in >> value && value > 0) return value;
  return {};
}

template <class T, class N>
void narrow(std::optional<T>& limit, std::optional<N> further) {
  if (further && (!limit || static_cast<T>(*further) < *limit)) limit = static_cast<T>(*further);
}

std::optional<double> ratio(std::optional<double> quota, std::optional<double> period) {
  if (quota && period) return *quota / *period;
  return {};
}

// `path` below the mount, and every group above it. Where the path is another namespace's, the mount is the
// group.
template <class Read>
void each_group(const fs::path& mount, const fs::path& path, Read read) {
  std::error_code ignored;
  fs::path group = path.relative_path();
  if (!fs::is_directory(mount / group, ignored)) group.clear();
  while (true) {
    read(mount / group);
    if (group.empty()) return;
    group = group.parent_path();
  }
}

void read_version_2(const fs::path& group, ControlGroupLimits& limits) {
  narrow(limits.memory, number(first_line(group / "memory.max")));
  std::istringstream cpu(first_line(group / "cpu.max"));
  std::string quota, period;
  cpu >> quota >> period;
  narrow(limits.processors, ratio(number(quota), number(period)));
}

void read_version_1(const std::string& controllers, const fs::path& root, const fs::path& path,
                    ControlGroupLimits& limits) {
  std::istringstream names(controllers);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == "memory")
      each_group(root / "memory", path, [&](const fs::path& group) {
        narrow(limits.memory, number(first_line(group / "memory.limit_in_bytes")));
      });
    if (name == "cpu")
      each_group(root / "cpu", path, [&](const fs::path& group) {
        narrow(limits.processors, ratio(number(first_line(group / "cpu.cfs_quota_us")),
                                        number(first_line(group / "cpu.cfs_period_us"))));
      });
  }
}

int processors_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  // More processors than the set holds.
  return static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace

ControlGroupLimits control_group_limits(const fs::path& groups, const fs::path& root) {
  ControlGroupLimits limits;
  std::ifstream in(groups);
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    if (controllers.empty()) {
      std::error_code ignored;
      const fs::path hybrid = root / "unified";
      each_group(fs::is_directory(hybrid, ignored) ? hybrid : root, path,
                 [&](const fs::path& group) { read_version_2(group, limits); });
    } else {
      read_version_1(controllers, root, path, limits);
    }
  }
  return limits;
}

int usable_processors() {
  const int all = std::max(1, processors_of_affinity());
  const auto limit = control_group_limits().processors;
  return limit && *limit < all ? std::max(1, static_cast<int>(std::ceil(*limit))) : all;
}

std::uint64_t usable_memory() {
  const auto all =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(all, control_group_limits().memory.value_or(all));
}

// proc(5), /proc/self/statm: size, resident, shared, in pages.
std::uint64_t free_memory() {
  std::ifstream pages("/proc/self/statm");
  std::uint64_t size = 0, resident = 0, shared = 0;
  pages >> size >> resident >> shared;
  const std::uint64_t held =
      (resident - std::min(resident, shared)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t usable = usable_memory();
  return usable - std::min(usable, held);
}

}  // namespace actionflow
