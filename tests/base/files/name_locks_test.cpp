#include "base/files/name_locks.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {
namespace {

TEST(NameLocks, EachNameIsHeldOnce) {
  const TemporaryFolder folder;
  NameLocks one(folder / "locks"), other(folder / "locks");
  EXPECT_TRUE(one.try_take("a"));
  EXPECT_FALSE(other.try_take("a"));
  EXPECT_TRUE(other.try_take("b"));
  EXPECT_FALSE(one.try_take("b"));
  one.release("a");
  EXPECT_TRUE(other.try_take("a"));
  EXPECT_EQ(std::filesystem::file_size(folder / "locks"), 0U);
}

TEST(NameLocks, AProcessThatIsKilledLetsGoOfAll) {
  const TemporaryFolder folder;
  NameLocks ours(folder / "locks");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    NameLocks locks(folder / "locks");
    if (locks.try_take("a") && locks.try_take("b")) static_cast<void>(::write(ready[1], "x", 1));
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(ours.try_take("a"));
  ::kill(child, SIGKILL);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(ours.try_take("a"));
  EXPECT_TRUE(ours.try_take("b"));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(NameLocks, NameAFileThatCannotBeMade) {
  try {
    const NameLocks locks("/nowhere/locks");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/locks cannot be written"), std::string::npos);
  }
}

}  // namespace
}  // namespace actionflow::testing
