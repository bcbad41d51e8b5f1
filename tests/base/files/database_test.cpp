#include "base/files/database.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/tools/killed_process.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {
using Sharing = Database::Sharing;

std::int64_t count(Database& database) {
  auto select = database.prepare("SELECT count(*) FROM t");
  select.run();
  return select.integer(0);
}

TEST(Database, KeepsWhatWasCommittedAndNothingElse) {
  const testing::TemporaryFolder folder;
  {
    Database database(folder / "a.db", Sharing::exclusive);
    database.run("CREATE TABLE t (name TEXT, score REAL, times INTEGER)");
    auto insert = database.prepare("INSERT INTO t VALUES (?, ?, ?)");
    {
      Database::Transaction transaction(database);
      insert.run("wave", 0.5, 3);
      insert.run(std::string("a\0b", 3), std::optional<double>(), 4);
      transaction.commit();
    }
    {
      const Database::Transaction transaction(database);
      insert.run("lost", 1.0, 5);
    }
  }
  Database database(folder / "a.db", Sharing::shared);
  EXPECT_EQ(count(database), 2);
  auto select = database.prepare("SELECT name, score, times FROM t ORDER BY times");
  ASSERT_TRUE(select.run());
  EXPECT_EQ(select.text(0), "wave");
  EXPECT_DOUBLE_EQ(select.number(1), 0.5);
  ASSERT_TRUE(select.step());
  EXPECT_EQ(select.text(0), std::string("a\0b", 3));
  EXPECT_TRUE(select.null(1));
  EXPECT_EQ(select.integer(2), 4);
  EXPECT_FALSE(select.step());
}

TEST(Database, SaysThatTheDiskIsFullInWordsForPeople) {
  const testing::TemporaryFolder folder;
  Database database(folder / "a.db", Sharing::exclusive);
  database.run("CREATE TABLE t (name TEXT)");
  database.run("PRAGMA max_page_count = 3");  // which SQLite takes for a full disk
  auto insert = database.prepare("INSERT INTO t VALUES (?)");
  try {
    insert.run(std::string(100'000, 'x'));
    FAIL() << "there is no room";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), (folder / "a.db").string() + ": the disk is full; make room on it");
  }
}

TEST(Database, SurvivesAKill) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(testing::dies_by_kill([&] {
    Database database(folder / "a.db", Sharing::exclusive);
    database.run("CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1)");
    database.run("BEGIN; INSERT INTO t VALUES (2)");
    testing::die_by_kill();
  }));
  Database database(folder / "a.db", Sharing::exclusive);
  EXPECT_EQ(count(database), 1);
}

TEST(Database, ExclusiveRefusesASecondAndSaysSo) {
  const testing::TemporaryFolder folder;
  const Database first(folder / "a.db", Sharing::exclusive);
  try {
    Database(folder / "a.db", Sharing::exclusive);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("a.db: in use by another process"), std::string::npos)
        << error.what();
  }
}

TEST(Database, TellsWhatIsNoDatabaseFromWhatCannotBeOpened) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "text") << std::string(4096, 'x');
  EXPECT_THROW(Database(folder / "text", Sharing::exclusive), DamagedDatabase);
  try {
    Database(folder / "none" / "a.db", Sharing::exclusive);
    FAIL();
  } catch (const DamagedDatabase&) {
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("expected a folder that exists"), std::string::npos);
  }
}

}  // namespace
}  // namespace actionflow
