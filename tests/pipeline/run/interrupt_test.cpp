// What SIGINT and SIGTERM do to a run: each case in a process of its own.
#include "pipeline/run/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

namespace actionflow::testing {
namespace {

using std::chrono::milliseconds;

// Ends the process with the number of calls of `stop`, when it lives to see it.
[[noreturn]] void count_stops_of_two_signals(milliseconds between) {
  std::atomic<int> stops{0};
  {
    const StopOnSignal stop_on_signal([&stops] { ++stops; });
    raise(SIGTERM);
    while (stops == 0) std::this_thread::sleep_for(milliseconds(1));
    std::this_thread::sleep_for(between);
    raise(SIGTERM);
    std::this_thread::sleep_for(milliseconds(20));
  }
  _exit(stops);
}

// 1 where SIGINT, ignored by whoever started us, is ignored while we watch and afterwards, and SIGTERM stops.
[[noreturn]] void watch_with_an_ignored_signal() {
  const auto ignored = [] {
    struct sigaction present {};
    sigaction(SIGINT, nullptr, &present);
    return present.sa_handler == SIG_IGN;
  };
  signal(SIGINT, SIG_IGN);
  std::atomic<int> stops{0};
  bool kept = true;
  {
    const StopOnSignal stop_on_signal([&stops] { ++stops; });
    kept = ignored();
    raise(SIGINT);
    raise(SIGTERM);
    while (stops == 0) std::this_thread::yield();
  }
  _exit(kept && ignored() ? stops.load() : 99);
}

class StopOnSignalDeath : public ::testing::Test {
 protected:
  StopOnSignalDeath() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(StopOnSignalDeath, TwoSignalsAtOnceStopOnce) {
  EXPECT_EXIT(count_stops_of_two_signals(milliseconds(0)), ::testing::ExitedWithCode(1), "");
}

TEST_F(StopOnSignalDeath, ASecondSignalLaterEndsTheProgram) {
  EXPECT_EXIT(count_stops_of_two_signals(milliseconds(1500)), ::testing::KilledBySignal(SIGTERM), "");
}

TEST_F(StopOnSignalDeath, AnIgnoredSignalStaysIgnored) {
  EXPECT_EXIT(watch_with_an_ignored_signal(), ::testing::ExitedWithCode(1), "");
}

}  // namespace
}  // namespace actionflow::testing
