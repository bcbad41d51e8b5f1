#include "nodes/delivery/courier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "nodes/flow/run_context.h"
#include "tests/tools/full_disk.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/moved_clock.h"
#include "tests/tools/temporary_folder.h"
#include "tests/tools/wait_for.h"

namespace actionflow {
namespace {

using Payloads = std::vector<std::string>;

// A receiver in memory that can be away.
class Receiver : public Delivery {
 public:
  bool deliver(const Message& message) override {
    ++tries;
    if (away) throw Error(ExitCode::failure, "away");
    if (message.payload == "bad") return false;
    const std::lock_guard lock(mutex_);
    got_.push_back(message.payload);
    return true;
  }
  void close() override { farewell = true; }
  Payloads got() const {
    const std::lock_guard lock(mutex_);
    return got_;
  }

  std::atomic<bool> away{false};
  std::atomic<bool> farewell{false};
  std::atomic<int> tries{0};

 private:
  mutable std::mutex mutex_;
  Payloads got_;
};

struct Bench {
  Bench() : spool(std::make_shared<Spool>(folder / "a.spool", ByteSize{1'000'000}, SpoolFormat{"webhook"})) {}
  std::unique_ptr<Courier> courier() const {
    return std::make_unique<Courier>("alert", spool, receiver, [] { return false; });
  }
  void put(const std::string& payload) const { spool->put(std::vector<Message>{{"", payload}}); }

  const testing::TemporaryFolder folder;
  const std::shared_ptr<Spool> spool;
  const std::shared_ptr<Receiver> receiver = std::make_shared<Receiver>();
};

TEST(Courier, BringsWhatWaitsAndWhatComesInOrder) {
  const Bench bench;
  bench.put("one");
  const auto courier = bench.courier();
  for (const char* payload : {"two", "three"}) {
    bench.put(payload);
    courier->wake();
  }
  ASSERT_TRUE(testing::wait_for([&] { return bench.spool->state().messages == 0; }));
  EXPECT_EQ(bench.receiver->got(), (Payloads{"one", "two", "three"}));
  EXPECT_EQ(courier->state().delivered, 3);
  courier->close();
  EXPECT_TRUE(bench.receiver->farewell);
}

TEST(Courier, BringsWhatAFullDiskDoesNotTake) {
  const testing::LogLines log;
  const Bench bench;
  const auto courier = bench.courier();
  const testing::FullDisk full;
  bench.put("one");
  courier->wake();
  bench.put("two");
  courier->wake();
  EXPECT_TRUE(testing::wait_for([&] { return bench.receiver->got() == Payloads{"one", "two"}; }));
  EXPECT_EQ(bench.spool->state().dropped, 0);
  bool loses = true;
  EXPECT_NE(courier->trouble(loses).find("a.spool"), std::string::npos) << courier->trouble(loses);
  EXPECT_FALSE(loses);
}

TEST(Courier, SaysWhatWaitsForAReceiverThatIsAway) {
  const testing::LogLines log;
  const Bench bench;
  const auto courier = bench.courier();
  bool loses = true;
  EXPECT_EQ(courier->trouble(loses), "");
  bench.receiver->away = true;
  bench.put("one");
  courier->wake();
  EXPECT_TRUE(testing::wait_for(
      [&] { return courier->trouble(loses) == "alert: 1 messages wait for a receiver that is away"; }));
  EXPECT_FALSE(loses);
  bench.receiver->away = false;
  EXPECT_TRUE(testing::wait_for([&] { return courier->trouble(loses).empty(); }));
}

TEST(Courier, TriesAgainUntilTheReceiverIsBack) {
  const Bench bench;
  bench.receiver->away = true;
  const auto courier = bench.courier();
  bench.put("one");
  bench.put("two");
  courier->wake();
  ASSERT_TRUE(testing::wait_for([&] { return bench.receiver->tries >= 2; }));
  EXPECT_FALSE(courier->state().connected);
  EXPECT_EQ(bench.spool->state().messages, 2);
  bench.receiver->away = false;
  ASSERT_TRUE(testing::wait_for([&] { return bench.spool->state().messages == 0; }));
  EXPECT_EQ(bench.receiver->got(), (Payloads{"one", "two"}));
  EXPECT_TRUE(courier->state().connected);
}

TEST(Courier, ARefusedMessageDoesNotHoldBackTheOthers) {
  const Bench bench;
  bench.put("bad");
  bench.put("good");
  const auto courier = bench.courier();
  ASSERT_TRUE(testing::wait_for([&] { return bench.spool->state().messages == 0; }));
  EXPECT_EQ(bench.receiver->got(), Payloads{"good"});
  EXPECT_EQ(courier->state().refused, 1);
  bool loses = false;
  EXPECT_EQ(courier->trouble(loses), "alert: its receiver refuses messages, which are lost (1 so far)");
  EXPECT_TRUE(loses);
}

TEST(Courier, LeavesToTheNextRunWhatTheReceiverDoesNotTake) {
  const Bench bench;
  bench.receiver->away = true;
  bench.put("one");
  {
    const auto courier = bench.courier();
    courier->close();
  }
  EXPECT_EQ(bench.spool->state().messages, 1);
  EXPECT_FALSE(bench.receiver->farewell);
  bench.receiver->away = false;
  bench.courier()->close();
  EXPECT_EQ(bench.receiver->got(), Payloads{"one"});
}

// A receiver that answers nothing until it is told to.
struct Hanging : Delivery {
  bool deliver(const Message&) override {
    hangs = true;
    return testing::wait_for([&] { return over.load(); });
  }
  std::atomic<bool> hangs{false}, over{false};
};

// Its end is asked for twice: by the run, and when the sink goes.
TEST(Courier, WaitsOnceForAReceiverThatHangsAndSaysOnceWhatIsLeft) {
  const testing::TemporaryFolder folder;
  const auto spool = std::make_shared<Spool>(folder / "a.spool", ByteSize{1'000'000}, SpoolFormat{"webhook"});
  const auto receiver = std::make_shared<Hanging>();
  const testing::LogLines log;
  std::atomic<int> asked{0};
  spool->put(std::vector<Message>{{"", "one"}});
  {
    Courier courier("alert", spool, receiver, [&] { return ++asked > 0; });
    ASSERT_TRUE(testing::wait_for([&] { return receiver->hangs.load(); }));
    courier.close();
    const int before = asked;
    EXPECT_GT(before, 0);
    courier.close();
    EXPECT_EQ(asked, before);
  }
  EXPECT_EQ(log.lines().size(), 1U);
  receiver->over = true;
  EXPECT_TRUE(testing::wait_for([&] { return receiver.use_count() == 1; }));
  EXPECT_EQ(log.lines().size(), 1U);
}

// However many there are, and however their sinks are ended: one after another is the worst.
TEST(Courier, AllOfARunWaitForTheirReceiversAtTheSameTime) {
  constexpr int kCouriers = 5;
  for (const bool stopped : {true, false}) {
    const testing::TemporaryFolder folder;
    const testing::LogLines log;
    testing::MovedClock clock;
    RunContext run({}, clock);
    std::atomic<int> asked{0};
    // Each look takes a tenth of the time that there is.
    const double step =
        static_cast<double>(stopped ? RunContext::kReceiversStoppedNs : RunContext::kReceiversNs) * 1e-10;
    const auto expired = [&] {
      if (asked++ > 0) clock.pass(step);
      return run.receivers_expired();
    };
    const auto receiver = std::make_shared<Hanging>();
    std::vector<std::unique_ptr<Courier>> couriers;
    for (int i = 0; i < kCouriers; ++i) {
      const auto spool = std::make_shared<Spool>(folder / (std::to_string(i) + ".spool"), ByteSize{1'000'000},
                                                 SpoolFormat{"webhook"});
      spool->put(std::vector<Message>{{"", "one"}});
      couriers.push_back(std::make_unique<Courier>(std::to_string(i), spool, receiver, expired));
    }
    if (stopped) run.request_stop();
    for (const auto& courier : couriers) courier->close();
    // Ten looks and the one at the beginning; each sink looks once more before it leaves its receiver.
    EXPECT_LE(asked, 11 + 2 * kCouriers);
    EXPECT_GE(asked, 11);
    EXPECT_EQ(log.lines().size(), static_cast<std::size_t>(kCouriers));
    receiver->over = true;
    EXPECT_TRUE(testing::wait_for([&] { return receiver.use_count() == 1; }));
  }
}

}  // namespace
}  // namespace actionflow
