#include "base/machine/in_parallel.h"

#include <gtest/gtest.h>

#include <barrier>
#include <set>
#include <string>

namespace actionflow {
namespace {

TEST(InParallel, DoesEachUnitOnceWhateverTheThreads) {
  for (const int threads : {-1, 0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> done(100);
    run_in_parallel(done.size(), threads, nullptr, [&](std::size_t i) { ++done[i]; });
    for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1) << threads;
  }
  run_in_parallel(0, 4, nullptr, [](std::size_t) { FAIL(); });
}

TEST(InParallel, HasSoManyThreadsAndTheCallersIsOne) {
  constexpr int kThreads = 3;
  std::barrier all_at_once(kThreads);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  run_in_parallel(kThreads, kThreads, nullptr, [&](std::size_t) {
    all_at_once.arrive_and_wait();
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(seen.size(), std::size_t{kThreads});
  EXPECT_TRUE(seen.contains(std::this_thread::get_id()));
}

TEST(InParallel, OneThreadGoesInOrder) {
  std::vector<std::size_t> order;
  run_in_parallel(5, 1, nullptr, [&](std::size_t i) { order.push_back(i); });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(InParallel, EachThreadHasItsOwn) {
  std::atomic<int> made{0};
  run_in_parallel(
      50, 4, nullptr, [&] { return std::to_string(made++); },
      [](std::size_t, std::string& own) { own += "."; });
  EXPECT_GE(made, 1);
  EXPECT_LE(made, 4);
}

TEST(InParallel, TheFirstExceptionEndsTheRestAndIsThrownOn) {
  for (const int threads : {1, 4}) {
    std::atomic<int> done{0};
    try {
      run_in_parallel(100'000, threads, nullptr, [&](std::size_t i) {
        ++done;
        if (i == 3) throw UsageError("the fourth");
      });
      FAIL() << threads;
    } catch (const UsageError& error) {
      EXPECT_STREQ(error.what(), "the fourth");
    }
    if (threads == 1) {
      EXPECT_EQ(done, 4);
    }
  }
  const auto broken = []() -> int { throw UsageError("no room"); };
  EXPECT_THROW(run_in_parallel(3, 2, nullptr, broken, [](std::size_t, int) {}), UsageError);
}

TEST(InParallel, AStopEndsItWithInterrupted) {
  for (const int threads : {1, 4}) {
    std::atomic<bool> stop{false};
    std::atomic<int> done{0};
    EXPECT_THROW(run_in_parallel(100'000, threads, &stop,
                                 [&](std::size_t i) {
                                   ++done;
                                   if (i == 5) stop = true;
                                 }),
                 Interrupted);
    EXPECT_LT(done, 100'000) << threads;
  }
}

}  // namespace
}  // namespace actionflow
