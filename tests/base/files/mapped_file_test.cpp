// Files as memory.
#include "base/files/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
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

TEST_F(MappedFileTest, AnEmptyFileHasNoBytes) { EXPECT_EQ(MappedFile(file("")).bytes(), ""); }

TEST_F(MappedFileTest, WhatCannotBeReadIsNamed) {
  EXPECT_THAT(refusal(folder_ / "absent"), HasSubstr("absent: cannot be opened: No such file"));
  EXPECT_THAT(refusal(folder_), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace actionflow
