#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "datasets/video/readers/frame_folder_reader.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using testing::Decoded;
using testing::error_of;
using testing::read_all;
using testing::TemporaryFolder;

// One picture whose brightness is `level`; the suffix chooses JPEG or PNG.
void write_picture(const fs::path& path, int level, int width = 32, int height = 24) {
  testing::TestVideo video{.width = width, .height = height, .frames = 1};
  video.encoder = path.extension() == ".png" ? "png" : "mjpeg";
  video.paint = [&](int, std::uint8_t* rgb) {
    std::fill(rgb, rgb + static_cast<std::ptrdiff_t>(width) * height * 3, static_cast<std::uint8_t>(level));
  };
  const fs::path stream =
      path.parent_path() / (path.stem().string() + (video.encoder == "png" ? ".apng.mkv" : ".mjpeg"));
  testing::write_test_video(stream, video);
  if (video.encoder == "mjpeg") {
    fs::rename(stream, path);
    return;
  }
  std::ifstream container(stream, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(container)), {});
  const std::size_t begin = bytes.find("\x89PNG");
  const std::size_t end = bytes.find("IEND", begin) + 8;
  std::ofstream(path, std::ios::binary) << bytes.substr(begin, end - begin);
  container.close();
  fs::remove(stream);
}

int level_of(const Frame& frame) { return testing::luma_at(frame, 0, 0); }

TEST(FrameFolder, ReadsJpegFramesInNaturalOrder) {
  const TemporaryFolder folder;
  for (const int k : {1, 2, 3, 10, 11})
    write_picture(folder / ("frame" + std::to_string(k) + ".jpg"), 20 * k);
  std::ofstream(folder / "notes.txt") << "not a frame";
  SourceOptions options;
  options.source = folder.path();
  options.frame_rate = 30;
  const Decoded decoded = read_all(options);
  ASSERT_EQ(decoded.frames.size(), 5u);
  EXPECT_EQ(decoded.info.format, "frames");
  EXPECT_EQ(decoded.info.codec, "mjpeg");
  EXPECT_EQ(decoded.info.width, 32);
  EXPECT_EQ(decoded.info.height, 24);
  const std::vector<std::int64_t> stamps = {0, 33'333, 66'667, 100'000, 133'333};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(decoded.frames[i].pts_us(), stamps[i]);
    if (i > 0) {
      EXPECT_GT(level_of(decoded.frames[i]), level_of(decoded.frames[i - 1]));
    }
  }
}

TEST(FrameFolder, ReadsPngFrames) {
  const TemporaryFolder folder;
  for (const int k : {1, 2, 3}) write_picture(folder / (std::to_string(k) + ".png"), 50 * k);
  const Decoded decoded = read_all(folder.path());
  ASSERT_EQ(decoded.frames.size(), 3u);
  EXPECT_EQ(decoded.info.codec, "png");
  EXPECT_EQ(level_of(decoded.frames[2]), 150);
}

TEST(FrameFolder, CountsADamagedFrameAndGoesOn) {
  const TemporaryFolder folder;
  for (const int k : {1, 2, 3, 4}) write_picture(folder / (std::to_string(k) + ".jpg"), 50 * k);
  std::ofstream(folder / "2.jpg") << "not a picture at all";
  std::ofstream(folder / "3.jpg") << "";
  const Decoded decoded = read_all(folder.path());
  ASSERT_EQ(decoded.frames.size(), 2u);
  EXPECT_EQ(decoded.damaged, 2);
  EXPECT_EQ(decoded.frames[1].pts_us(), 120'000) << "the third of three intervals of 40 ms";
}

TEST(FrameFolder, FollowsASizeThatChanges) {
  const TemporaryFolder folder;
  write_picture(folder / "1.jpg", 50);
  write_picture(folder / "2.jpg", 50, 64, 48);
  const Decoded decoded = read_all(folder.path());
  ASSERT_EQ(decoded.frames.size(), 2u);
  EXPECT_EQ(decoded.frames[0].coded_width(), 32);
  EXPECT_EQ(decoded.frames[1].coded_width(), 64);
}

TEST(FrameFolder, RefusesTwoKindsOfFrames) {
  const TemporaryFolder folder;
  write_picture(folder / "1.jpg", 50);
  write_picture(folder / "2.png", 50);
  EXPECT_NE(error_of(folder.path()).find("both JPEG and PNG"), std::string::npos);
}

TEST(FrameFolder, RefusesALinkThatLeadsOut) {
  const TemporaryFolder elsewhere;
  const TemporaryFolder folder;
  write_picture(elsewhere / "secret.jpg", 50);
  write_picture(folder / "1.jpg", 50);
  fs::create_symlink(folder / "1.jpg", folder / "2.jpg");
  EXPECT_EQ(read_all(folder.path()).frames.size(), 2u);
  fs::create_symlink(elsewhere / "secret.jpg", folder / "3.jpg");
  EXPECT_NE(error_of(folder.path()).find("leads out of the folder"), std::string::npos);
}

TEST(FrameFolder, IsReadByWhatItsFilesHoldNotByTheirNames) {
  const TemporaryFolder folder;
  for (const int k : {1, 2}) {
    const std::string name = std::to_string(k);
    write_picture(folder / (name + ".png"), 40 * k);
    fs::rename(folder / (name + ".png"), folder / (name + ".jpg"));
  }
  const Decoded decoded = read_all(folder.path());
  ASSERT_EQ(decoded.frames.size(), 2u);
  EXPECT_EQ(decoded.info.codec, "png");
  EXPECT_EQ(level_of(decoded.frames[1]), 80);
}

TEST(FrameFolder, CountsAFileOfAnotherKindThanTheFirstAsDamaged) {
  const TemporaryFolder folder;
  for (const int k : {1, 3}) write_picture(folder / (std::to_string(k) + ".jpg"), 40 * k);
  write_picture(folder / "2.png", 80);
  fs::rename(folder / "2.png", folder / "2.jpg");
  const Decoded decoded = read_all(folder.path());
  EXPECT_EQ(decoded.frames.size(), 2u);
  EXPECT_EQ(decoded.damaged, 1);
}

TEST(FrameFolder, SaysWhatItsFilesAreWhereNoneIsAPicture) {
  const TemporaryFolder folder;
  for (const char* name : {"1.jpg", "2.jpg"}) std::ofstream(folder / name) << "hello text";
  EXPECT_NE(error_of(folder.path()).find("1.jpg is text, whatever its name says"), std::string::npos)
      << error_of(folder.path());
  write_picture(folder / "2.jpg", 50);
  EXPECT_EQ(read_all(folder.path()).frames.size(), 1u);
}

TEST(FrameFolder, NamesAFileOfAKindThatIsNotRead) {
  const TemporaryFolder folder;
  std::ofstream(folder / "1.jpg", std::ios::binary) << "RIFF\x10\x20\x30\x40WEBPVP8 ";
  EXPECT_NE(error_of(folder.path()).find("1.jpg is a WebP picture"), std::string::npos)
      << error_of(folder.path());
}

}  // namespace
}  // namespace actionflow
