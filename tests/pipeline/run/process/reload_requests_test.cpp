#include "pipeline/run/process/reload_requests.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace actionflow {
namespace {

// As many as wait behind one that takes its time; who asks for more is told so.
TEST(ReloadRequests, SoManyWaitAndNoMore) {
  std::promise<void> begun, go_on;
  std::atomic<std::size_t> done = 0;
  {
    ReloadRequests requests(
        nullptr, [] {}, [] {});
    ASSERT_TRUE(requests.post([&] {
      begun.set_value();
      go_on.get_future().wait();
    }));
    begun.get_future().wait();
    for (std::size_t i = 0; i < ReloadRequests::kMostPosted; ++i) EXPECT_TRUE(requests.post([&] { ++done; }));
    EXPECT_FALSE(requests.post([&] { ++done; }));
    std::promise<void> last;
    go_on.set_value();
    while (!requests.post([&] { last.set_value(); })) std::this_thread::yield();
    last.get_future().wait();
  }
  EXPECT_EQ(done, ReloadRequests::kMostPosted);
}

}  // namespace
}  // namespace actionflow
