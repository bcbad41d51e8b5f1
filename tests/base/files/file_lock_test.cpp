#include "base/files/file_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {
namespace {

TEST(FileLock, IsHeldOnceAndLetGoWithItsHolder) {
  const TemporaryFolder folder;
  const auto file = folder / "lock";
  auto held = FileLock::try_take(file);
  ASSERT_TRUE(held);
  EXPECT_FALSE(FileLock::try_take(file));
  std::optional<FileLock> moved = std::move(held);
  held.reset();
  EXPECT_FALSE(FileLock::try_take(file));
  moved.reset();
  EXPECT_TRUE(FileLock::try_take(file));
}

TEST(FileLock, AProcessThatIsKilledLetsGo) {
  const TemporaryFolder folder;
  const auto file = folder / "lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FileLock lock = FileLock::wait(file);
    static_cast<void>(::write(ready[1], "x", 1));
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(FileLock::try_take(file));
  ::kill(child, SIGKILL);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  const FileLock lock = FileLock::wait(file);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FileLock, NamesAFileThatCannotBeMade) {
  try {
    FileLock::wait("/nowhere/lock");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/nowhere/lock cannot be written"), std::string::npos);
  }
}

}  // namespace
}  // namespace actionflow::testing
