// A machine that was suspended holds no lease any more that ran out meanwhile.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/machine/boot_clock.h"
#include "pipeline/sharing/camera_group.h"

namespace actionflow::testing {
namespace {

constexpr int kCannot = 77;
constexpr std::int64_t kSecond = 1'000'000'000;

int code_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// What body() gives on a machine that was suspended for an hour since it was started (time_namespaces(7)).
template <class Body>
int after_suspension(const Body& body) {
  const pid_t namer = fork();
  if (namer == 0) {
    if (unshare(CLONE_NEWTIME) != 0) _exit(kCannot);
    std::ofstream offsets("/proc/self/timens_offsets");
    offsets << "boottime 3600 0" << std::endl;
    if (!offsets) _exit(kCannot);
    const pid_t suspended = fork();
    if (suspended == 0) _exit(body());
    _exit(code_of(suspended));
  }
  return code_of(namer);
}

TEST(SuspendedMachine, CountsTheTimeThatItSleptForItsLease) {
  const int held = after_suspension([] {
    const auto lease = CameraGroup::make_lease();
    const std::int64_t now = boot_clock().steady_ns();
    lease->begin(now);
    const bool fresh = lease->holds();
    lease->begin(now - 60 * kSecond);
    return (fresh ? 1 : 0) + (lease->holds() ? 2 : 0) + (now - steady_ns() > 3000 * kSecond ? 4 : 0);
  });
  if (held == kCannot) GTEST_SKIP() << "needs the right to make time namespaces";
  EXPECT_EQ(held, 1 + 4);
}

}  // namespace
}  // namespace actionflow::testing
