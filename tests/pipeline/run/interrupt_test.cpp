// What SIGINT and SIGTERM do to a run: each case in a process of its own.
#include "pipeline/run/process/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/tools/moved_clock.h"

namespace actionflow::testing {
namespace {

bool handled_by(int number, void (*handler)(int)) {
  struct sigaction present {};
  sigaction(number, nullptr, &present);
  return present.sa_handler == handler;
}

// Ends the process with the number of calls of `stop`, which the watcher's end waits for.
[[noreturn]] void count_stops_of_two_signals_at_once() {
  const MovedClock clock;
  std::atomic<int> stops{0};
  {
    const StopOnSignal stop_on_signal([&stops] { ++stops; }, clock);
    raise(SIGTERM);
    while (stops == 0) std::this_thread::yield();
    raise(SIGTERM);
  }
  _exit(stops);
}

[[noreturn]] void send_another_signal_after(double seconds) {
  MovedClock clock;
  std::atomic<int> stops{0};
  const StopOnSignal stop_on_signal([&stops] { ++stops; }, clock);
  raise(SIGTERM);
  while (stops == 0) std::this_thread::yield();
  while (!handled_by(SIGTERM, SIG_DFL)) clock.pass(seconds);
  raise(SIGTERM);
  _exit(99);
}

// 1 where SIGINT, ignored by whoever started us, is ignored while we watch and afterwards, and SIGTERM stops.
[[noreturn]] void watch_with_an_ignored_signal() {
  const auto ignored = [] { return handled_by(SIGINT, SIG_IGN); };
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
  EXPECT_EXIT(count_stops_of_two_signals_at_once(), ::testing::ExitedWithCode(1), "");
}

TEST_F(StopOnSignalDeath, ASecondSignalLaterEndsTheProgram) {
  EXPECT_EXIT(send_another_signal_after(0.6), ::testing::KilledBySignal(SIGTERM), "");
}

TEST_F(StopOnSignalDeath, AnIgnoredSignalStaysIgnored) {
  EXPECT_EXIT(watch_with_an_ignored_signal(), ::testing::ExitedWithCode(1), "");
}

}  // namespace
}  // namespace actionflow::testing
