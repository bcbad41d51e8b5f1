// TensorBoard's event files, read back by a reader written from the format's description.
#include "pipeline/training/records/event_file.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

EventFile with_steps(const fs::path& folder, int steps) {
  EventFile file = EventFile::go_on(folder, 0);
  for (int step = 1; step <= steps; ++step) file.add(step, std::vector<Scalar>{{"loss/train", 1.0 / step}});
  return file;
}

// RFC 3720, appendix B.4: thirty-two zeros, ones, and rising bytes.
TEST(EventFile, ChecksumsAreThoseOfTheRfc) {
  std::string rising;
  for (int i = 0; i < 32; ++i) rising += static_cast<char>(i);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(rising), 0x46DD794EU);
}

// The whole file of one event, worked out from event.proto and record_writer.h.
TEST(EventFile, HoldsItsScalarsAsTensorBoardReadsThem) {
  const ScratchFolder folder;
  const std::string bytes = bytes_of(with_steps(folder.path(), 1).path());
  const std::string scalar(
      "\x0A\x0A"
      "loss/train"
      "\x15\x00\x00\x80\x3F",
      17);
  const std::string summary = std::string("\x2A\x13\x0A\x11", 4) + scalar;
  EXPECT_NE(bytes.find(std::string("\x10\x01", 2) + summary), std::string::npos);
  EXPECT_NE(bytes.find("\x1A\x0D"
                       "brain.Event:2"),
            std::string::npos);
}

TEST(EventFile, GoesOnAsIfItHadNeverGoneFurther) {
  const ScratchFolder folder;
  const fs::path path = with_steps(folder.path(), 3).path();
  const std::string until_three = bytes_of(path);
  EventFile::go_on(folder.path(), 3).add(4, std::vector<Scalar>{{"loss/train", 0.25}});
  EventFile::go_on(folder.path(), 3);
  EXPECT_EQ(bytes_of(path), until_three);
}

TEST(EventFile, GoesOnFromTheBeginningInTheFileThatStands) {
  const ScratchFolder folder;
  const fs::path path = with_steps(folder.path(), 3).path();
  EventFile::go_on(folder.path(), 0);
  const std::string version_only = bytes_of(path);
  EXPECT_NE(version_only.find("brain.Event:2"), std::string::npos);
  EXPECT_EQ(version_only.find("loss/train"), std::string::npos);
  write(path, version_only.substr(0, 5));  // killed while it was begun
  EXPECT_EQ(EventFile::go_on(folder.path(), 0).path(), path);
  EXPECT_EQ(bytes_of(path).size(), version_only.size());
}

TEST(EventFile, AHalfWrittenOrDamagedEndIsCutOff) {
  const ScratchFolder folder;
  const fs::path path = with_steps(folder.path(), 3).path();
  const std::string whole = bytes_of(path);
  EventFile::go_on(folder.path(), 2);
  const std::string until_two = bytes_of(path);
  for (std::size_t length = until_two.size() + 1; length < whole.size(); ++length) {
    write(path, whole.substr(0, length));
    EventFile::go_on(folder.path(), 9);
    ASSERT_EQ(bytes_of(path), until_two) << length;
  }
  for (std::size_t at = until_two.size(); at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    write(path, flipped);
    EventFile::go_on(folder.path(), 9);
    ASSERT_EQ(bytes_of(path), until_two) << at;
  }
}

}  // namespace
}  // namespace actionflow::testing
