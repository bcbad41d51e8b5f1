#include "nodes/delivery/spool.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "base/error.h"
#include "base/files/database.h"
#include "tests/tools/killed_process.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

constexpr ByteSize kRoom{1'000'000};

void put(Spool& spool, const std::string& payload) { spool.put(std::vector<Message>{{"topic", payload}}); }

std::vector<std::string> taken(Spool& spool) {
  std::vector<std::string> payloads;
  while (const auto message = spool.front()) {
    payloads.push_back(message->payload);
    spool.pop(*message);
  }
  return payloads;
}

using Payloads = std::vector<std::string>;

TEST(Spool, GivesMessagesInTheirOrderAcrossRestarts) {
  const testing::TemporaryFolder folder;
  {
    Spool spool(folder / "new" / "a.spool", kRoom);
    spool.put(std::vector<Message>{{"t/1", "one", true}, {"t/2", "two"}});
    const auto first = spool.front();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->topic, "t/1");
    EXPECT_TRUE(first->retain);
    spool.pop(*first);
    put(spool, "three");
  }
  Spool spool(folder / "new" / "a.spool", kRoom);
  EXPECT_EQ(spool.state().messages, 2);
  put(spool, "four");
  EXPECT_EQ(taken(spool), (Payloads{"two", "three", "four"}));
  EXPECT_EQ(spool.state().messages, 0);
  EXPECT_EQ(spool.state().bytes, 0);
}

TEST(Spool, GoesOnWithOneOfAnEarlierVersion) {
  const testing::TemporaryFolder folder;
  Database(folder / "a.spool", Database::Sharing::exclusive)
      .run(
          "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL,"
          " payload TEXT NOT NULL, retain INTEGER NOT NULL, bytes INTEGER NOT NULL);"
          "INSERT INTO message (topic, payload, retain, bytes) VALUES ('t', 'one', 0, 70)");
  Spool spool(folder / "a.spool", kRoom);
  spool.put(std::vector<Message>{{"t", "two", false, 0, "door"}});
  const auto first = spool.front();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->payload, "one");
  EXPECT_EQ(first->key, "");
  spool.pop(*first);
  EXPECT_EQ(spool.front()->key, "door");
}

TEST(Spool, HoldsWhatWasPutWhenTheProcessIsKilled) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(testing::dies_by_kill([&] {
    Spool spool(folder / "a.spool", kRoom);
    for (int i = 0; i < 20; ++i) put(spool, std::to_string(i));
    testing::die_by_kill();
  }));
  Spool spool(folder / "a.spool", kRoom);
  const Payloads left = taken(spool);
  ASSERT_EQ(left.size(), 20U);
  EXPECT_EQ(left.front(), "0");
  EXPECT_EQ(left.back(), "19");
}

TEST(Spool, DropsTheOldestBeyondItsBoundAndCountsThem) {
  const testing::TemporaryFolder folder;
  Spool spool(folder / "a.spool", ByteSize{1000});
  for (int i = 0; i < 50; ++i) put(spool, std::to_string(100 + i));
  const Spool::State state = spool.state();
  EXPECT_LE(state.bytes, 1000);
  EXPECT_EQ(state.messages + state.dropped, 50);
  EXPECT_GT(state.messages, 10);
  const Payloads left = taken(spool);
  EXPECT_EQ(static_cast<std::int64_t>(left.size()), state.messages);
  EXPECT_EQ(left.back(), "149");
  EXPECT_EQ(left.front(), std::to_string(150 - static_cast<int>(left.size())));
}

TEST(Spool, AMessageThatArrivedAfterAllDoesNotCountAsDropped) {
  const testing::TemporaryFolder folder;
  Spool spool(folder / "a.spool", ByteSize{100});
  put(spool, "on its way");
  const auto message = spool.front();
  put(spool, "next");
  EXPECT_EQ(spool.state().dropped, 1);
  spool.pop(*message);
  EXPECT_EQ(spool.state().dropped, 0);
  EXPECT_EQ(taken(spool), Payloads{"next"});
}

TEST(Spool, KeepsNotesWithTheMessagesTheyBelongTo) {
  const testing::TemporaryFolder folder;
  {
    Spool spool(folder / "a.spool", kRoom);
    spool.put({}, {{"event 1", "open"}, {"event 2", "open"}});
    spool.put({}, {{"event 1", std::nullopt}, {"event 2", "changed"}});
  }
  EXPECT_EQ(Spool(folder / "a.spool", kRoom).notes(),
            (std::map<std::string, std::string>{{"event 2", "changed"}}));
}

TEST(Spool, PutsADamagedFileAsideAndGoesOn) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "a.spool") << std::string(8192, 'x');
  Spool spool(folder / "a.spool", kRoom);
  put(spool, "new");
  EXPECT_EQ(taken(spool), Payloads{"new"});
  EXPECT_TRUE(std::filesystem::exists(folder / "a.spool.damaged"));
}

TEST(Spool, BelongsToOneRunAtATime) {
  const testing::TemporaryFolder folder;
  const Spool first(folder / "a.spool", kRoom);
  EXPECT_THROW(Spool(folder / "a.spool", kRoom), Error);
}

TEST(Spool, SaysWhichFileCannotBeMade) {
  try {
    Spool("/proc/none/a.spool", kRoom);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/proc/none/a.spool: cannot be opened"), std::string::npos);
  }
}

}  // namespace
}  // namespace actionflow
