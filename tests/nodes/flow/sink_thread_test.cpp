#include "nodes/flow/sink_thread.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <semaphore>

#include "base/log/log.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

using Loss = SinkThread::Loss;

// Holds the sink's thread inside its first task until let go.
class Stuck {
 public:
  SinkThread::Task task() {
    return [this] {
      entered_.release();
      leave_.acquire();
    };
  }
  void wait() { entered_.acquire(); }
  void let_go() { leave_.release(); }

 private:
  std::binary_semaphore entered_{0}, leave_{0};
};

class SinkThreads : public ::testing::Test {
 protected:
  void SetUp() override {
    log::set_sink([](log::Level, std::string_view) {});
  }
  void TearDown() override { log::set_sink({}); }

  SinkThread::Task note(int number) {
    return [this, number] { written_.push_back(number); };
  }

  const std::shared_ptr<RunContext> run_ = std::make_shared<RunContext>();
  std::vector<int> written_;
};

TEST_F(SinkThreads, WriteInTheirOrderAndFinishLast) {
  SinkThread sink("out", run_, note(-1));
  for (int i = 0; i < 10; ++i) sink.post(Loss::never, note(i));
  sink.close();
  sink.join();
  EXPECT_EQ(written_, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1}));
}

TEST_F(SinkThreads, HoldBackFilesAndLoseNothingOfThem) {
  Stuck stuck;
  std::atomic<int> told{0};
  SinkThread sink("out", run_, {}, 2);
  sink.on_room([&] { ++told; });
  sink.post(Loss::never, stuck.task());
  stuck.wait();
  EXPECT_TRUE(sink.has_room());
  for (int i = 0; i < 5; ++i) sink.post(Loss::never, note(i));
  EXPECT_FALSE(sink.has_room());
  stuck.let_go();
  sink.close();
  sink.join();
  EXPECT_EQ(written_.size(), 5U);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(sink.dropped(), 0);
}

TEST_F(SinkThreads, DropTheOldestOfLiveStreamsAndCountIt) {
  Stuck stuck;
  SinkThread sink("out", run_, {}, 3);
  sink.post(Loss::never, stuck.task());
  stuck.wait();
  sink.post(Loss::never, note(100));  // of a file
  for (int i = 0; i < 6; ++i) sink.post(Loss::early, note(i));
  stuck.let_go();
  sink.close();
  sink.join();
  EXPECT_EQ(written_, (std::vector<int>{100, 4, 5}));
  EXPECT_EQ(sink.dropped(), 4);
}

TEST_F(SinkThreads, HoldNoMoreThanSoManyBytes) {
  constexpr std::int64_t kPicture = SinkThread::kMostBytes / 4;
  Stuck stuck;
  SinkThread sink("out", run_, {});
  sink.post(Loss::never, stuck.task());
  stuck.wait();
  for (int i = 0; i < 10; ++i) sink.post(Loss::early, note(i), kPicture);
  EXPECT_EQ(sink.waiting(), 4U);
  EXPECT_EQ(sink.dropped(Loss::early), 6);
  EXPECT_FALSE(sink.has_room());
  sink.post(Loss::early, note(10), 100 * kPicture);
  EXPECT_EQ(sink.waiting(), 1U) << "one passes, however large";
  sink.post(Loss::seldom, note(11));
  stuck.let_go();
  sink.close();
  sink.join();
  EXPECT_EQ(written_, std::vector<int>{11}) << "results go before pictures";
}

TEST_F(SinkThreads, KeepWhatCannotBeSparedAsLongAsOthersCanGoAndStayBounded) {
  Stuck stuck;
  SinkThread sink("out", run_, {}, 3);
  sink.post(Loss::never, stuck.task());
  stuck.wait();
  for (int i = 0; i < 3; ++i) sink.post(Loss::early, note(100 + i));
  sink.post(Loss::seldom, note(0));
  sink.post(Loss::seldom, note(1));
  EXPECT_EQ(sink.dropped(Loss::early), 2);
  for (int i = 2; i < 1000; ++i) sink.post(Loss::seldom, note(i));
  EXPECT_EQ(sink.waiting(), sink.capacity());
  EXPECT_EQ(sink.dropped(Loss::early), 3);
  EXPECT_EQ(sink.dropped(Loss::seldom), 997);
  stuck.let_go();
  sink.close();
  sink.join();
  EXPECT_EQ(written_, (std::vector<int>{997, 998, 999}));
  EXPECT_EQ(sink.dropped(), 1000);
}

TEST_F(SinkThreads, ReportWhatFailsAtTheEndToo) {
  const auto fail = [] { throw Error(ExitCode::failure, "the disk is full"); };
  SinkThread sink("out", run_, fail);
  sink.post(Loss::never, fail);
  sink.post(Loss::never, note(1));
  sink.close();
  sink.join();
  const Summary summary = run_->summary();
  ASSERT_EQ(summary.sink_failures.size(), 1U);
  EXPECT_EQ(summary.sink_failures[0].count, 2);
  EXPECT_EQ(summary.exit_code(), ExitCode::failure);
  EXPECT_EQ(written_, std::vector<int>{1});
}

TEST_F(SinkThreads, SayHowMuchWasLostOnceWritingGoesWellAgain) {
  std::vector<std::string> lines;
  log::set_sink([&](log::Level, std::string_view line) { lines.emplace_back(line); });
  const auto fail = [] { throw Error(ExitCode::failure, "the disk is full"); };
  SinkThread sink("out", run_, nullptr);
  for (int i = 0; i < 3; ++i) sink.post(Loss::never, fail);
  sink.post(Loss::never, note(1));
  sink.post(Loss::never, note(2));
  sink.close();
  sink.join();
  EXPECT_EQ(sink.failed(), 3);
  EXPECT_EQ(lines, (std::vector<std::string>{"the disk is full",
                                             "out: writes again; 3 results were lost meanwhile"}));
}

TEST_F(SinkThreads, CountWhatHadNoRoomWhileADiskHungAmongWhatWasLost) {
  const testing::LogLines log;
  SinkThread sink("out", run_, nullptr, 2);
  std::binary_semaphore hangs{0}, go_on{0};
  sink.post(Loss::seldom, [&] {
    hangs.release();
    go_on.acquire();
    throw Error(ExitCode::failure, "the disk is gone");
  });
  hangs.acquire();
  for (int i = 0; i < 7; ++i) sink.post(Loss::seldom, note(i));
  go_on.release();
  sink.close();
  sink.join();
  EXPECT_EQ(sink.dropped(), 5);
  EXPECT_EQ(log.lines().back(), "out: writes again; 6 results were lost meanwhile");
}

TEST_F(SinkThreads, SayNowAndThenHowMuchWasLostWhereADiskTakesSomeAndRefusesSome) {
  testing::MovedClock clock;
  const auto run = std::make_shared<RunContext>(FaultHook{}, clock);
  const testing::LogLines log;
  const auto fail = [] { throw Error(ExitCode::failure, "the disk is full"); };
  SinkThread sink("out", run, nullptr);
  const auto post = [&](SinkThread::Task task) {
    std::binary_semaphore done{0};
    sink.post(Loss::never, std::move(task));
    sink.post(Loss::never, [&] { done.release(); });
    done.acquire();
  };
  for (int event = 0; event < 20; ++event) {
    post(fail);
    clock.pass(60);
  }
  sink.close();
  sink.join();
  EXPECT_EQ(log.lines(),
            (std::vector<std::string>{"the disk is full", "out: writes again; 1 result was lost meanwhile",
                                      "out: writes again; 10 results were lost meanwhile",
                                      "out: 9 results were lost meanwhile"}));
}

TEST_F(SinkThreads, SayHowMuchWasLostThoughNothingFailsAnyMore) {
  testing::MovedClock clock;
  const auto run = std::make_shared<RunContext>(FaultHook{}, clock);
  const testing::LogLines log;
  const auto fail = [] { throw Error(ExitCode::failure, "the disk is full"); };
  SinkThread sink("out", run, nullptr);
  for (int event = 0; event < 2; ++event) {
    sink.post(Loss::never, fail);
    sink.post(Loss::never, [] {});
  }
  sink.post(Loss::never, [&] { clock.pass(601); });
  sink.post(Loss::never, [] {});
  sink.close();
  sink.join();
  EXPECT_EQ(log.lines(),
            (std::vector<std::string>{"the disk is full", "out: writes again; 1 result was lost meanwhile",
                                      "out: writes again; 1 result was lost meanwhile"}));
}

TEST_F(SinkThreads, DoNotSayThatTheyWriteAgainOfWhatHadNothingToWrite) {
  const testing::LogLines log;
  SinkThread sink("out", run_, nullptr);
  sink.post(Loss::never, [] { throw Error(ExitCode::failure, "the disk is full"); });
  sink.post(
      Loss::never, [] {}, 0, SinkThread::Success::proves_nothing);
  sink.close();
  sink.join();
  EXPECT_EQ(log.lines(), std::vector<std::string>{"the disk is full"});
  EXPECT_TRUE(sink.trouble());
}

TEST_F(SinkThreads, SayWhatIsLostForAMinuteAndAsLongAsNothingIsWritten) {
  testing::MovedClock clock;
  const auto run = std::make_shared<RunContext>(FaultHook{}, clock);
  const auto fail = [] { throw Error(ExitCode::failure, "the disk is full"); };
  SinkThread sink("out", run, nullptr);
  EXPECT_FALSE(sink.trouble());
  const auto post = [&](SinkThread::Task task) {
    std::binary_semaphore done{0};
    sink.post(Loss::never, std::move(task));
    sink.post(Loss::never, [&] { done.release(); });
    done.acquire();
  };
  post(fail);
  ASSERT_TRUE(sink.trouble());
  EXPECT_EQ(sink.trouble()->what, "out cannot write: the disk is full");
  EXPECT_TRUE(sink.trouble()->loses);
  clock.pass(61);
  post([] {});
  EXPECT_FALSE(sink.trouble());
}

TEST_F(SinkThreads, AreLeftBehindOnceTheStopsTimeIsOverWithTheRestDropped) {
  testing::MovedClock clock;
  const auto run = std::make_shared<RunContext>(FaultHook{}, clock);
  const auto stuck = std::make_shared<Stuck>();
  std::binary_semaphore returned{0};
  SinkThread sink("out", run, {});
  sink.post(Loss::never, [stuck, &returned] {
    stuck->task()();
    returned.release();
  });
  stuck->wait();
  for (int i = 0; i < 3; ++i) sink.post(Loss::never, note(i));
  sink.close();
  run->request_stop();
  clock.pass(2);
  sink.join();
  EXPECT_EQ(sink.dropped(), 3);
  stuck->let_go();
  returned.acquire();
  EXPECT_TRUE(written_.empty());
}

}  // namespace
}  // namespace actionflow
