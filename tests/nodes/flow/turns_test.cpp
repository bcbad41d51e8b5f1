#include "nodes/flow/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

using ::testing::ElementsAre;

// One worker: what is first, then the rest in its order, then what is last.
class Worker {
 public:
  using Work = std::function<void()>;
  void first(Work work) { waiting_[0].push_back(std::move(work)); }
  void then(Work work) { waiting_[1].push_back(std::move(work)); }
  void last(Work work) { waiting_[2].push_back(std::move(work)); }
  void run() {
    while (std::deque<Work>* next = busiest()) {
      const Work work = std::move(next->front());
      next->pop_front();
      work();
    }
  }

 private:
  std::deque<Work>* busiest() {
    for (std::deque<Work>& works : waiting_)
      if (!works.empty()) return &works;
    return nullptr;
  }
  std::array<std::deque<Work>, 3> waiting_;
};

class TurnsTest : public ::testing::Test {
 protected:
  // A decoder that is behind: a picture takes 5 ms, and `count` of them are there.
  void decode(int count) {
    auto queue = std::make_shared<SerialQueue>(
        [this](std::shared_ptr<SerialQueue> next) { turns_.schedule(std::move(next)); });
    for (int i = 0; i < count; ++i)
      queue->post([this] {
        clock_.pass(0.005);
        ++pictures_;
      });
  }
  // Calls of a network, each of which takes so long.
  void call(int count, double seconds) {
    if (count == 0) return;
    worker_.then([this, count, seconds] {
      before_calls_.push_back(pictures_);
      {
        const Turns::Call call(turns_);
        clock_.pass(seconds);
      }
      this->call(count - 1, seconds);
    });
  }

  testing::MovedClock clock_;
  Worker worker_;
  Turns turns_{
      clock_,
      [this](const std::shared_ptr<SerialQueue>& queue) { worker_.first([queue] { queue->run_next(); }); },
      [this](std::function<void()> work) { worker_.last(std::move(work)); }};
  int pictures_ = 0;
  std::vector<int> before_calls_;
};

TEST_F(TurnsTest, DecodersGoFirstForAsLongAsTheLastCallTook) {
  decode(200);
  decode(200);
  call(4, 0.3);
  worker_.run();
  // A piece of each decoder is on its way when the time is over.
  EXPECT_THAT(before_calls_, ElementsAre(0, ::testing::AllOf(::testing::Ge(60), ::testing::Le(62)),
                                         ::testing::AllOf(::testing::Ge(120), ::testing::Le(124)),
                                         ::testing::AllOf(::testing::Ge(180), ::testing::Le(186))));
  EXPECT_EQ(pictures_, 400);
}

TEST_F(TurnsTest, ShortCallsLeaveDecodersATenthOfASecond) {
  decode(200);
  call(3, 0.001);
  worker_.run();
  EXPECT_THAT(before_calls_, ElementsAre(0, ::testing::AllOf(::testing::Ge(20), ::testing::Le(22)),
                                         ::testing::AllOf(::testing::Ge(40), ::testing::Le(44))));
  EXPECT_EQ(pictures_, 200);
}

TEST_F(TurnsTest, WithoutNetworksDecodersGoOn) {
  decode(50);
  worker_.run();
  EXPECT_EQ(pictures_, 50);
}

}  // namespace
}  // namespace actionflow
