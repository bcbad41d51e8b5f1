#include "base/files/atomic_file.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "tests/base/container.h"
#include "tests/base/failing_files.h"

namespace actionflow {
namespace {

using testing::FailingFiles;
using ::testing::HasSubstr;

class AtomicFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("atomic-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "model.safetensors";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string content() const {
    std::ifstream stream(path_, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  std::size_t files_in_folder() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(AtomicFileTest, ReplacesAFileAndLeavesNothingBeside) {
  replace_file(path_, "old");
  replace_file(path_, "new");
  EXPECT_EQ(content(), "new");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(AtomicFileTest, KeepsTheOldFileWithoutACommit) {
  replace_file(path_, "old");
  { AtomicFile(path_).write("half"); }
  EXPECT_EQ(content(), "old");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(AtomicFileTest, KeepsTheOldFileOrTheNewOneWhicheverStepFails) {
  const std::string old_content(3000, 'o');
  const std::string new_content(5000, 'n');
  FailingFiles none(-1, 0);
  replace_file(path_, old_content, none);
  ASSERT_GE(none.calls(), 8);  // create, writes, sync, close, rename, open, sync, close
  FailingFiles count(-1, 0);
  replace_file(path_, new_content, count);
  for (const int error : {ENOSPC, EIO, EACCES, EROFS, EDQUOT}) {
    for (int step = 0; step < count.calls() - 1; ++step) {
      replace_file(path_, old_content);
      FailingFiles files(step, error);
      std::string message;
      try {
        replace_file(path_, new_content, files);
      } catch (const Error& thrown) {
        EXPECT_EQ(thrown.exit_code(), ExitCode::failure);
        message = thrown.what();
      }
      EXPECT_THAT(message, HasSubstr(path_.string())) << step;
      EXPECT_THAT(message, HasSubstr(std::generic_category().message(error))) << step;
      EXPECT_EQ(content(), files.failed_after_rename() ? new_content : old_content) << step;
      EXPECT_EQ(files_in_folder(), 1u) << step;
    }
  }
}

TEST_F(AtomicFileTest, GoesOnAfterAnInterruptedWrite) {
  FailingFiles files(1, EINTR);
  replace_file(path_, "text", files);
  EXPECT_EQ(content(), "text");
}

TEST_F(AtomicFileTest, NamesTheFolderThatIsMissing) {
  try {
    replace_file(folder_ / "no/such/file", "x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no/such/file cannot be written: No such file or directory"));
  }
}

TEST_F(AtomicFileTest, FailsOnAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  class Full final : public FileSystem {
   public:
    int create(const std::string&, const std::string&) override {
      return FileSystem::system().create("/dev/full", "");
    }
    std::ptrdiff_t write(int d, const void* p, std::size_t n) override {
      return FileSystem::system().write(d, p, n);
    }
    int sync(int d) override { return FileSystem::system().sync(d); }
    int close(int d) override { return FileSystem::system().close(d); }
    int rename(const std::string&, const std::string&) override { return 0; }
    int remove(const std::string&) override { return 0; }
    int open_folder(const std::string& p) override { return FileSystem::system().open_folder(p); }
  } full;
  EXPECT_THROW(replace_file(path_, "x", full), Error);
}

TEST_F(AtomicFileTest, WritesThroughALink) {
  replace_file(folder_ / "target", "old");
  std::filesystem::create_symlink("target", path_);
  replace_file(path_, "new");
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(content(), "new");
}

constexpr std::size_t kWhole = 100'000;

[[noreturn]] void replace_until_killed(const std::filesystem::path& path, FileSystem& files) {
  for (unsigned i = 0;; ++i) replace_file(path, std::string(kWhole, static_cast<char>('a' + i % 26)), files);
}

TEST_F(AtomicFileTest, RefusesWhatIsNoFileAndLeavesItThere) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const std::filesystem::path link = folder_ / "link";
  std::filesystem::create_symlink(path_, link);
  for (const std::filesystem::path& path : {path_, link, folder_}) {
    try {
      replace_file(path, "new");
      ADD_FAILURE() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::failure);
      EXPECT_THAT(error.what(), HasSubstr(path.string() + " cannot be written"));
    }
  }
  EXPECT_TRUE(std::filesystem::is_fifo(path_));
  EXPECT_EQ(files_in_folder(), 2U);
}

// The first calls replace the file once, those after them again.
TEST_F(AtomicFileTest, StandsWholeWhenItsWriterIsKilledBeforeAnyOf200Calls) {
  std::string seen;
  for (int call = 0; call < 200; ++call) {
    replace_file(path_, std::string(kWhole, 'z'));
    const pid_t child = ::fork();
    if (child == 0) {
      FailingFiles files(call, FailingFiles::kKilled);
      replace_until_killed(path_, files);
    }
    ::waitpid(child, nullptr, 0);
    const std::string text = content();
    ASSERT_EQ(text.size(), kWhole) << call;
    ASSERT_EQ(text, std::string(kWhole, text[0])) << call;
    if (seen.empty() || seen.back() != text[0]) seen += text[0];
  }
  EXPECT_EQ(seen, "za");
  remove_leftovers(path_);
  EXPECT_EQ(files_in_folder(), 1u);
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST_F(AtomicFileTest, KeepsTheModeOfWhatItReplacesFromTheFirstByteOn) {
  for (const mode_t mode : {0600, 0640, 0664, 0444}) {
    replace_file(path_, "old");
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    AtomicFile file(path_);
    EXPECT_EQ(mode_of(file.temporary()), mode);
    file.write("new");
    file.commit();
    EXPECT_EQ(mode_of(path_), mode);
    std::filesystem::remove(path_);
  }
}

TEST_F(AtomicFileTest, GivesANewFileWhatTheUmaskLeaves) {
  const mode_t before = ::umask(027);
  replace_file(path_, "new");
  ::umask(before);
  EXPECT_EQ(mode_of(path_), 0640U);
}

TEST_F(AtomicFileTest, KeepsTheOwnerAndGroupOfWhatItReplaces) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  replace_file(path_, "old");
  ASSERT_EQ(::chown(path_.c_str(), 1234, 4321), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  replace_file(path_, "new");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 1234U);
  EXPECT_EQ(status.st_gid, 4321U);
  EXPECT_EQ(mode_of(path_), 0640U);
}

TEST_F(AtomicFileTest, TakesAnotherNameWhereOneIsTaken) {
  FailingFiles files(0, EEXIST);
  replace_file(path_, "text", files);
  EXPECT_EQ(content(), "text");
}

TEST_F(AtomicFileTest, RemovesNothingThatItDidNotCreate) {
  class Taken final : public FileSystem {
   public:
    int create(const std::string&, const std::string&) override { return -EEXIST; }
    std::ptrdiff_t write(int, const void*, std::size_t) override { return -EBADF; }
    int sync(int) override { return -EBADF; }
    int close(int) override { return -EBADF; }
    int rename(const std::string&, const std::string&) override { return -EBADF; }
    int remove(const std::string&) override { return ++removed_, 0; }
    int open_folder(const std::string&) override { return -EBADF; }
    int removed_ = 0;
  } files;
  EXPECT_THROW(AtomicFile(path_, files), Error);
  EXPECT_EQ(files.removed_, 0);
}

TEST_F(AtomicFileTest, KeepsWhatIsLockedAndClearsTheRestWhateverItsName) {
  const std::string beside = path_.string() + ".tmp-";
  for (const std::string& name : {std::string(), std::string("7-0"), std::string("99999999-word-0"),
                                  std::to_string(::getpid()) + "-word-0"}) {
    const std::string file = beside + name;
    const int held = FileSystem::system().create(file, "");
    ASSERT_GE(held, 0);
    EXPECT_EQ(remove_leftovers(path_), 0) << file;
    FileSystem::system().close(held);
    EXPECT_EQ(remove_leftovers(path_), 1) << file;
  }
}

TEST_F(AtomicFileTest, AllThatIsLeftInAFolderIsClearedBySuffix) {
  const std::filesystem::path folder = path_.parent_path();
  for (const char* name : {"a.jsonl.tmp-1-2", "b.jsonl.tmp-3-4", "b.csv.tmp-5-6", "c.jsonl"})
    std::ofstream(folder / name) << "x";
  EXPECT_EQ(remove_leftovers_in(folder, ".jsonl"), 2);
  EXPECT_TRUE(std::filesystem::exists(folder / "b.csv.tmp-5-6"));
  EXPECT_TRUE(std::filesystem::exists(folder / "c.jsonl"));
}

TEST_F(AtomicFileTest, IsNotClearedByAProcessThatCannotSeeItsWriter) {
  AtomicFile file(path_);
  const int code = testing::in_container([&] { return remove_leftovers(path_); });
  if (code < 0) GTEST_SKIP() << "process namespaces need a privilege here";
  EXPECT_EQ(code, 0);
  EXPECT_TRUE(std::filesystem::exists(file.temporary()));
}

TEST_F(AtomicFileTest, IsClearedOnceItsWriterIsKilled) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t writer = ::fork();
  if (writer == 0) {
    const AtomicFile file(path_);
    [[maybe_unused]] const auto told = ::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(remove_leftovers(path_), 0);
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  EXPECT_EQ(remove_leftovers(path_), 1);
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace actionflow
