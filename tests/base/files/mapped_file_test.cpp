// Files as memory.
#include "base/files/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;

class MappedFileTest : public ::testing::Test {
 protected:
  MappedFileTest() { std::filesystem::create_directories(folder_); }
  ~MappedFileTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file(const std::string& bytes) const {
    std::ofstream(folder_ / "a", std::ios::binary) << bytes;
    return folder_ / "a";
  }
  static std::string refusal(const std::filesystem::path& path) {
    try {
      MappedFile mapped(path);
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("actionflow_mapped_" + std::to_string(getpid()));
};

TEST_F(MappedFileTest, HoldsTheBytesAlsoWhenMovedOrReplaced) {
  MappedFile mapped(file("first"));
  std::filesystem::remove(folder_ / "a");
  file("another");
  EXPECT_EQ(mapped.bytes(), "first");
  MappedFile moved(std::move(mapped));
  EXPECT_EQ(moved.bytes(), "first");
  MappedFile other(folder_ / "a");
  moved = std::move(other);
  EXPECT_EQ(moved.bytes(), "another");
}

std::int64_t resident_bytes() {
  std::int64_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TEST_F(MappedFileTest, WhatIsLetGoOfTakesNoMemoryAndIsReadAgain) {
  constexpr std::int64_t kSize = 16 << 20;
  const MappedFile mapped(file(std::string(kSize, 'a')));
  const auto count = [](std::string_view bytes) { return std::count(bytes.begin(), bytes.end(), 'a'); };
  EXPECT_EQ(count(mapped.bytes()), kSize);
  const std::int64_t before = resident_bytes();
  mapped.let_go(mapped.bytes().substr(100));
  EXPECT_LT(resident_bytes(), before - kSize / 2);
  EXPECT_EQ(count(mapped.bytes()), kSize);
  const std::string elsewhere(kSize, 'a');
  mapped.let_go(elsewhere);
  EXPECT_EQ(count(elsewhere), kSize);
}

TEST_F(MappedFileTest, AnEmptyFileHasNoBytes) { EXPECT_EQ(MappedFile(file("")).bytes(), ""); }

TEST_F(MappedFileTest, WhatCannotBeReadIsNamed) {
  EXPECT_THAT(refusal(folder_ / "absent"), HasSubstr("absent: cannot be opened: No such file"));
  EXPECT_THAT(refusal(folder_), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace actionflow
