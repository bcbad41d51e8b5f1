#include "nodes/delivery/spool.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/files/database.h"
#include "tests/tools/full_disk.h"
#include "tests/tools/killed_process.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

constexpr ByteSize kRoom{1'000'000};
constexpr SpoolFormat kMqtt{"mqtt", 1, true};
constexpr SpoolFormat kWebhook{"webhook"};

void put(Spool& spool, const std::string& payload) { spool.put(std::vector<Message>{{"topic", payload}}); }

using Payloads = std::vector<std::string>;

Payloads taken(Spool& spool) {
  Payloads payloads;
  while (const auto message = spool.front()) {
    payloads.push_back(message->payload);
    spool.pop(*message);
  }
  return payloads;
}

TEST(Spool, GivesMessagesInTheirOrderAcrossRestarts) {
  const testing::TemporaryFolder folder;
  {
    Spool spool(folder / "new" / "a.spool", kRoom, kMqtt);
    spool.put(std::vector<Message>{{"t/1", "one", true}, {"t/2", "two"}});
    const auto first = spool.front();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->topic, "t/1");
    EXPECT_TRUE(first->retain);
    spool.pop(*first);
    put(spool, "three");
  }
  Spool spool(folder / "new" / "a.spool", kRoom, kMqtt);
  EXPECT_EQ(spool.state().messages, 2);
  put(spool, "four");
  EXPECT_EQ(taken(spool), (Payloads{"two", "three", "four"}));
  EXPECT_EQ(spool.state().messages, 0);
  EXPECT_EQ(spool.state().bytes, 0);
}

constexpr const char* kFirstTable =
    "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL,"
    " payload TEXT NOT NULL, retain INTEGER NOT NULL, bytes INTEGER NOT NULL);";

TEST(Spool, GoesOnWithOneOfAnEarlierVersion) {
  const testing::TemporaryFolder folder;
  Database(folder / "a.spool", Database::Sharing::exclusive)
      .run(std::string(kFirstTable) +
           "INSERT INTO message (topic, payload, retain, bytes) VALUES ('t', 'one', 0, 70)");
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  spool.put(std::vector<Message>{{"t", "two", false, 0, "door"}});
  const auto first = spool.front();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->payload, "one");
  EXPECT_EQ(first->key, "");
  spool.pop(*first);
  EXPECT_EQ(spool.front()->key, "door");
}

TEST(Spool, PutsAsideWhatAnotherKindOfNodeLeftThere) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  {
    Spool hook(folder / "a.spool", kRoom, kWebhook);
    hook.begin_run(7);
    hook.put(std::vector<Message>{{"", "one"}, {"", "two"}});
  }
  {
    Spool spool(folder / "a.spool", kRoom, kMqtt);
    EXPECT_FALSE(spool.front());
    EXPECT_EQ(spool.state().messages, 0);
    EXPECT_EQ(spool.last_run(), 7) << "else ids of events came twice";
    put(spool, "three");
  }
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_NE(log.lines()[0].find("it was put aside as " + (folder / "a.spool.webhook").string()),
            std::string::npos)
      << log.lines()[0];
  Spool hook(folder / "a.spool.webhook", kRoom, kWebhook);
  EXPECT_EQ(taken(hook), (Payloads{"one", "two"}));
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  EXPECT_EQ(taken(spool), Payloads{"three"});
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST(Spool, PutsAsideNoFileOverAnother) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  for (const char* payload : {"one", "two"}) {
    Spool(folder / "a.spool", kRoom, kWebhook).put(std::vector<Message>{{"", payload}});
    Spool(folder / "a.spool", kRoom, kMqtt);
  }
  Spool first(folder / "a.spool.webhook", kRoom, kWebhook);
  Spool second(folder / "a.spool.webhook.2", kRoom, kWebhook);
  EXPECT_EQ(taken(first), Payloads{"one"});
  EXPECT_EQ(taken(second), Payloads{"two"});
}

TEST(Spool, TakesOverAnEmptyOneOfAnotherKind) {
  const testing::TemporaryFolder folder;
  Spool(folder / "a.spool", kRoom, kWebhook).begin_run(3);
  EXPECT_EQ(Spool(folder / "a.spool", kRoom, kMqtt).last_run(), 3);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.spool.webhook"));
}

TEST(Spool, PutsAsideWhatANewerVersionLeftThere) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  Spool(folder / "a.spool", kRoom, {"mqtt", 2, true}).put({}, {{"event 1", "open"}});
  EXPECT_TRUE(Spool(folder / "a.spool", kRoom, kMqtt).notes().empty());
  EXPECT_TRUE(std::filesystem::exists(folder / "a.spool.mqtt-2"));
}

// They do not say whose they are; their messages do.
TEST(Spool, PutsAsideAnEarlierVersionsSpoolWhoseMessagesAreOthers) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  const auto make = [&](const std::string& topic) {
    Database(folder / "a.spool", Database::Sharing::exclusive)
        .run(std::string(kFirstTable) + "INSERT INTO message (topic, payload, retain, bytes) VALUES ('" +
             topic + "', 'one', 0, 70)");
  };
  make("");
  EXPECT_FALSE(Spool(folder / "a.spool", kRoom, kMqtt).front());
  Spool other(folder / "a.spool.other", kRoom, kWebhook);
  EXPECT_EQ(taken(other), Payloads{"one"});
  std::filesystem::remove(folder / "a.spool");
  make("t/events");
  EXPECT_FALSE(Spool(folder / "a.spool", kRoom, kWebhook).front());
}

TEST(Spool, HoldsWhatWasPutWhenTheProcessIsKilled) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(testing::dies_by_kill([&] {
    Spool spool(folder / "a.spool", kRoom, kMqtt);
    for (int i = 0; i < 20; ++i) put(spool, std::to_string(i));
    testing::die_by_kill();
  }));
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  const Payloads left = taken(spool);
  ASSERT_EQ(left.size(), 20U);
  EXPECT_EQ(left.front(), "0");
  EXPECT_EQ(left.back(), "19");
}

TEST(Spool, DropsTheOldestBeyondItsBoundAndCountsThem) {
  const testing::TemporaryFolder folder;
  Spool spool(folder / "a.spool", ByteSize{1000}, kMqtt);
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
  Spool spool(folder / "a.spool", ByteSize{100}, kMqtt);
  put(spool, "on its way");
  const auto message = spool.front();
  put(spool, "next");
  EXPECT_EQ(spool.state().dropped, 1);
  spool.pop(*message);
  EXPECT_EQ(spool.state().dropped, 0);
  EXPECT_EQ(taken(spool), Payloads{"next"});
}

TEST(Spool, HoldsInMemoryWhatAFullDiskDoesNotTakeAndWritesItOnceItDoes) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  {
    Spool spool(folder / "a.spool", kRoom, kMqtt);
    put(spool, "one");
    {
      const testing::FullDisk full;
      put(spool, "two");
      spool.put(std::vector<Message>{{"topic", "three"}}, {{"event 1", "open"}});
      EXPECT_EQ(spool.state().messages, 3);
      EXPECT_EQ(spool.state().unsaved, 2);
      EXPECT_NE(spool.state().error, "");
      EXPECT_EQ(spool.front()->payload, "one") << "in their order";
    }
    put(spool, "four");
    EXPECT_EQ(spool.state().unsaved, 0);
    EXPECT_EQ(spool.state().error, "");
  }
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  EXPECT_EQ(spool.notes(), (std::map<std::string, std::string>{{"event 1", "open"}}));
  EXPECT_EQ(taken(spool), (Payloads{"one", "two", "three", "four"}));
  EXPECT_EQ(log.lines().size(), 2U) << "that it fails, and that it is well again";
}

TEST(Spool, BeginsOnAFullDiskAndIsWrittenOnceThatTakesIt) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  std::int64_t run = 0;
  {
    std::optional<testing::FullDisk> full{std::in_place};
    Spool spool(folder / "a.spool", kRoom, kMqtt);
    EXPECT_NE(spool.state().error, "");
    run = spool.last_run() + 1;
    spool.begin_run(run);
    put(spool, "one");
    put(spool, "two");
    EXPECT_EQ(spool.state().unsaved, 2);
    ASSERT_EQ(spool.front()->payload, "one");
    spool.pop(*spool.front());
    full.reset();
    put(spool, "three");
    EXPECT_EQ(spool.state().error, "");
    EXPECT_EQ(spool.state().unsaved, 0);
    EXPECT_EQ(spool.state().messages, 2);
  }
  EXPECT_EQ(log.lines().size(), 2U) << "that it fails, and that it is well again";
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  EXPECT_EQ(spool.last_run(), run);
  EXPECT_EQ(taken(spool), (Payloads{"two", "three"}));
}

// Where little is free, some of the tables come to stand there and others do not.
TEST(Spool, IsMadeWholeAfterADiskThatTookAPartOfIt) {
  constexpr std::uint64_t kPage = 4096;
  for (std::uint64_t room = 0; room <= 10 * kPage; room += kPage) {
    SCOPED_TRACE(room);
    const testing::TemporaryFolder folder;
    const testing::LogLines log;
    {
      std::optional<testing::FullDisk> full{std::in_place};
      Spool spool(folder / "a.spool", kRoom, kMqtt);
      put(spool, "one");
      full.emplace(1 + room);
      put(spool, "two");
      EXPECT_EQ(taken(spool), (Payloads{"one", "two"})) << "whatever is on the disk";
      spool.put(std::vector<Message>{{"topic", "three"}}, {{"event 1", "open"}});
      full.reset();
      put(spool, "four");
      EXPECT_EQ(spool.state().error, "");
      EXPECT_EQ(spool.state().unsaved, 0);
    }
    Spool spool(folder / "a.spool", kRoom, kMqtt);
    EXPECT_EQ(spool.notes(), (std::map<std::string, std::string>{{"event 1", "open"}}));
    EXPECT_EQ(taken(spool), (Payloads{"three", "four"}));
  }
}

TEST(Spool, GivesWhatIsInMemoryWhereTheFileIsNoLongerThatOfASpool) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  { const Spool whole(folder / "a.spool", kRoom, kMqtt); }
  std::optional<testing::FullDisk> full{std::in_place};
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  put(spool, "one");
  full.reset();
  std::ofstream(folder / "a.spool") << std::string(20'000, 'x');
  std::filesystem::remove(folder / "a.spool-wal");
  put(spool, "two");
  EXPECT_EQ(taken(spool), (Payloads{"one", "two"}));
  EXPECT_EQ(spool.state().messages, 0);
}

TEST(Spool, WhatAnEarlierRunLeftIsNotTakenForDeliveredBecauseNewerOnesAre) {
  const testing::TemporaryFolder folder;
  const std::filesystem::path spools = folder / "spools";
  {
    Spool spool(spools / "a.spool", kRoom, kMqtt);
    put(spool, "old");
  }
  const testing::LogLines log;
  std::filesystem::rename(spools, folder / "away");
  std::optional<testing::FullDisk> full{std::in_place};
  Spool spool(spools / "a.spool", kRoom, kMqtt);
  put(spool, "new");
  EXPECT_EQ(taken(spool), Payloads{"new"});
  full.reset();
  std::filesystem::remove_all(spools);
  std::filesystem::rename(folder / "away", spools);
  put(spool, "newer");
  EXPECT_EQ(taken(spool), (Payloads{"old", "newer"}));
}

TEST(Spool, OfAnEarlierRunIsThereOnAFullDisk) {
  const testing::TemporaryFolder folder;
  {
    Spool spool(folder / "a.spool", kRoom, kMqtt);
    spool.begin_run(7);
    put(spool, "one");
  }
  const testing::LogLines log;
  std::optional<testing::FullDisk> full{std::in_place};
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  const std::int64_t run = spool.last_run();
  EXPECT_GE(run, 7);
  spool.begin_run(run + 1);
  put(spool, "two");
  full.reset();
  put(spool, "three");
  EXPECT_EQ(taken(spool), (Payloads{"one", "two", "three"}));
  EXPECT_EQ(spool.last_run(), run + 1);
}

TEST(Spool, SaysOnceThatADiskTakesSomeAndRefusesSome) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  for (int event = 0; event < 20; ++event) {
    {
      const testing::FullDisk full;
      put(spool, "refused");
    }
    put(spool, "taken");
  }
  EXPECT_EQ(log.lines().size(), 2U);
  EXPECT_EQ(spool.state().messages, 40);
}

TEST(Spool, OnAFullDiskNothingIsGivenTwiceAndIdsGoOnGrowing) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  std::int64_t newest = 0;
  {
    Spool spool(folder / "a.spool", kRoom, kMqtt);
    put(spool, "one");
    const testing::FullDisk full;
    put(spool, "two");
    spool.pop(*spool.front());
    ASSERT_TRUE(spool.front());
    EXPECT_EQ(spool.front()->payload, "two");
    newest = spool.front()->id;
    spool.pop(*spool.front());
    EXPECT_FALSE(spool.front());
    EXPECT_EQ(spool.state().messages, 0);
    EXPECT_EQ(spool.state().bytes, 0);
  }
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  spool.put(std::vector<Message>{{"topic", "three"}});
  while (spool.front()->payload != "three") spool.pop(*spool.front());
  EXPECT_GT(spool.front()->id, newest) << "else a receiver took it for one that it has";
}

TEST(Spool, DropsTheOldestInMemoryBeyondItsBound) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  Spool spool(folder / "a.spool", ByteSize{1000}, kMqtt);
  const testing::FullDisk full;
  for (int i = 0; i < 50; ++i) put(spool, std::to_string(100 + i));
  const Spool::State state = spool.state();
  EXPECT_LE(state.bytes, 1000);
  EXPECT_TRUE(state.dropping);
  EXPECT_EQ(state.messages + state.dropped, 50);
  const Payloads left = taken(spool);
  EXPECT_EQ(static_cast<std::int64_t>(left.size()), state.messages);
  EXPECT_EQ(left.back(), "149");
}

TEST(Spool, GivesWhatStandsOnAFullDiskOnceThoughNewerOnesWereDropped) {
  const testing::TemporaryFolder folder;
  const testing::LogLines log;
  Spool spool(folder / "a.spool", ByteSize{1000}, kMqtt);
  put(spool, "one");
  put(spool, "two");
  const testing::FullDisk full;
  for (int i = 0; i < 50; ++i) put(spool, std::to_string(100 + i));
  const std::int64_t dropped = spool.state().dropped;
  ASSERT_GT(dropped, 0);
  Payloads given;
  for (int i = 0; i < 100 && spool.front(); ++i) {
    given.push_back(spool.front()->payload);
    spool.pop(*spool.front());
  }
  EXPECT_EQ(static_cast<std::int64_t>(given.size()), 52 - dropped);
  EXPECT_EQ(given[0], "one");
  EXPECT_EQ(given[1], "two");
  EXPECT_EQ(given.back(), "149");
  EXPECT_EQ(spool.state().dropped, dropped);
}

TEST(Spool, KeepsNotesWithTheMessagesTheyBelongTo) {
  const testing::TemporaryFolder folder;
  {
    Spool spool(folder / "a.spool", kRoom, kMqtt);
    spool.put({}, {{"event 1", "open"}, {"event 2", "open"}});
    spool.put({}, {{"event 1", std::nullopt}, {"event 2", "changed"}});
  }
  EXPECT_EQ(Spool(folder / "a.spool", kRoom, kMqtt).notes(),
            (std::map<std::string, std::string>{{"event 2", "changed"}}));
}

TEST(Spool, PutsADamagedFileAsideAndGoesOn) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "a.spool") << std::string(8192, 'x');
  Spool spool(folder / "a.spool", kRoom, kMqtt);
  put(spool, "new");
  EXPECT_EQ(taken(spool), Payloads{"new"});
  EXPECT_TRUE(std::filesystem::exists(folder / "a.spool.damaged"));
}

TEST(Spool, BelongsToOneRunAtATime) {
  const testing::TemporaryFolder folder;
  const Spool first(folder / "a.spool", kRoom, kMqtt);
  EXPECT_THROW(Spool(folder / "a.spool", kRoom, kMqtt), Error);
}

TEST(Spool, SaysWhichFileCannotBeMade) {
  try {
    Spool("/proc/none/a.spool", kRoom, kMqtt);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/proc/none/a.spool: cannot be opened"), std::string::npos);
  }
}

}  // namespace
}  // namespace actionflow
