#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/random.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/recordings/video_frames.h"
#include "datasets/video/file_stretch.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/tools/environment_variable.h"
#include "tests/tools/object_server.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using testing::EnvironmentVariable;
using ::testing::HasSubstr;
using testing::ObjectServer;
using testing::source_of;
using testing::TemporaryFolder;
using testing::TestVideo;
using testing::write_test_video;

constexpr FrameForm kForm{24, 32};
constexpr std::size_t kFrameBytes = 24 * 32 * 3;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool same_pictures(const VideoFrames& one, const VideoFrames& other) {
  if (one.count() != other.count() || !std::ranges::equal(one.times_us(), other.times_us())) return false;
  for (std::int64_t k = 0; k < one.count(); ++k) {
    if (!std::equal(one.pixels(k), one.pixels(k) + kFrameBytes, other.pixels(k))) return false;
  }
  return true;
}

class RemoteVideo : public ::testing::Test {
 protected:
  fs::path make(const std::string& name, int frames = 60) {
    TestVideo video;
    video.frames = frames;
    video.keyframe_interval = 10;
    write_test_video(folder_ / name, video);
    return folder_ / name;
  }
  // Without frames kept on the disk, so that they are sought for.
  static std::shared_ptr<const VideoFrames> lazy(const std::string& name) {
    FrameCache cache({});
    return cache.get(source_of(name), kForm);
  }

  TemporaryFolder folder_;
  ObjectServer server_;
  const EnvironmentVariable endpoint_{"AWS_ENDPOINT_URL", server_.address()};
};

TEST_F(RemoteVideo, GivesThePicturesOfTheLocalFile) {
  for (const char* name : {"a.mp4", "a.mkv", "a.avi"}) {
    const fs::path file = make(name);
    server_.put("/films/" + std::string(name), bytes_of(file));
    const auto here = read_video_frames(source_of(file), kForm);
    server_.fail({{.status = "503 Slow Down"}, {.cut_after = 700}});
    EXPECT_TRUE(same_pictures(*read_video_frames(source_of("s3://films/" + std::string(name)), kForm), *here))
        << name;
    EXPECT_TRUE(same_pictures(*lazy(server_.address("/films/" + std::string(name))), *here)) << name;
  }
}

TEST_F(RemoteVideo, IsReadInAnArchiveAsItIsByItself) {
  const fs::path file = make("a.mp4");
  const std::string bytes = bytes_of(file), archive = std::string(1536, 'x') + bytes + std::string(5000, 'y');
  std::ofstream(folder_ / "shard.tar", std::ios::binary) << archive;
  server_.put("/data/shard.tar", archive);
  const auto here = read_video_frames(source_of(file), kForm);
  for (const std::string& shard : {(folder_ / "shard.tar").string(), server_.address("/data/shard.tar"),
                                   std::string("s3://data/shard.tar")}) {
    const std::string name = FileStretch{shard, 1536, bytes.size(), "clips/a.mp4"}.name();
    EXPECT_TRUE(same_pictures(*read_video_frames(source_of(name), kForm), *here)) << name;
    EXPECT_TRUE(same_pictures(*lazy(name), *here)) << name;
    FrameCache cache({.folder = folder_ / "cache"});
    EXPECT_TRUE(same_pictures(*cache.get(source_of(name), kForm), *here)) << name;
  }
  const std::string beyond = FileStretch{folder_ / "shard.tar", 1536, archive.size(), "a.mp4"}.name();
  EXPECT_THAT([&] { read_video_frames(source_of(beyond), kForm); },
              ::testing::ThrowsMessage<SourceError>(HasSubstr("lies beyond the archive's end")));
}

TEST_F(RemoteVideo, ACopyIsDecodedAgainWhereItsFramesWerePushedOut) {
  const EnvironmentVariable copies("ACTIONFLOW_CACHE", (folder_ / "copies").string());
  const std::string bytes = bytes_of(make("a.mp4"));
  server_.put("/data/a.mp4", bytes);
  server_.put("/data/shard.tar", std::string(1536, 'x') + bytes + std::string(5000, 'y'));
  const auto here = read_video_frames(source_of(folder_ / "a.mp4"), kForm);
  for (const std::string& name : {std::string("s3://data/a.mp4"),
                                  FileStretch{"s3://data/shard.tar", 1536, bytes.size(), "a.mp4"}.name()}) {
    std::size_t asked = 0;
    for (const int run : {1, 2}) {
      fs::remove_all(folder_ / "frames");
      FrameCache cache({.folder = folder_ / "frames", .gigabytes = 1, .copies = true});
      const std::size_t before = server_.requests().size();
      EXPECT_TRUE(same_pictures(*cache.get(source_of(name), kForm), *here)) << name;
      asked = server_.requests().size() - before;
      if (run == 2) {
        EXPECT_EQ(asked, 2U) << "whether it is the same still, and no more";
      }
    }
  }
  // What the copies' room does not hold is read where it lies.
  const EnvironmentVariable limit("ACTIONFLOW_CACHE_GB", "0.000001");
  fs::remove_all(folder_ / "copies");
  FrameCache cache({.folder = folder_ / "other", .gigabytes = 1, .copies = true});
  EXPECT_TRUE(same_pictures(*cache.get(source_of("s3://data/a.mp4"), kForm), *here));
  EXPECT_FALSE(fs::exists(folder_ / "copies"));
}

TEST_F(RemoteVideo, IsCopiedAlsoWhereNoFramesAreKept) {
  const EnvironmentVariable copies("ACTIONFLOW_CACHE", (folder_ / "copies").string());
  server_.put("/data/a.mp4", bytes_of(make("a.mp4")));
  const auto here = read_video_frames(source_of(folder_ / "a.mp4"), kForm);
  FrameCache cache({.folder = folder_ / "frames", .gigabytes = 0, .copies = true});
  EXPECT_TRUE(same_pictures(*cache.get(source_of("s3://data/a.mp4"), kForm), *here));
  const std::size_t asked = server_.requests().size();
  EXPECT_TRUE(same_pictures(*cache.get(source_of("s3://data/a.mp4"), kForm), *here));
  EXPECT_EQ(server_.requests().size(), asked) << "it is on this machine";
  fs::remove_all(folder_ / "copies");
  EXPECT_TRUE(same_pictures(*cache.get(source_of("s3://data/a.mp4"), kForm), *here)) << "it made room";
  EXPECT_GT(server_.requests().size(), asked);
}

TEST_F(RemoteVideo, KeepsItsFramesUntilItIsAnotherOne) {
  server_.put("/films/a.mp4", bytes_of(make("a.mp4")));
  const auto count = [&] {
    FrameCache cache({.folder = folder_ / "cache"});
    const std::int64_t frames = cache.get(source_of("s3://films/a.mp4"), kForm)->count();
    EXPECT_EQ(cache.get(source_of("s3://films/a.mp4"), kForm)->count(), frames);
    return std::pair(frames, cache.counts().decoded);
  };
  EXPECT_EQ(count(), std::pair(std::int64_t{60}, std::int64_t{1}));
  const std::size_t asked = server_.requests().size();
  EXPECT_EQ(count(), std::pair(std::int64_t{60}, std::int64_t{0}));
  EXPECT_EQ(server_.requests().size(), asked + 1);
  EXPECT_EQ(server_.requests().back().header("range"), "bytes=0-0");
  server_.put("/films/a.mp4", bytes_of(make("b.mp4", 30)));
  EXPECT_EQ(count(), std::pair(std::int64_t{30}, std::int64_t{1}));
}

TEST_F(RemoteVideo, SaysWhatTheServerSaidWhenItCannotBeRead) {
  EXPECT_THAT(
      [&] { read_video_frames(source_of("s3://films/none.mp4"), kForm); },
      ::testing::ThrowsMessage<SourceError>(HasSubstr("s3://films/none.mp4: the server answers 404")));
  TestVideo noise{.frames = 150, .quality = 1};
  noise.paint = [](int k, std::uint8_t* rgb) {
    Random random(1, "noise", 0, static_cast<std::uint64_t>(k));
    for (int i = 0; i < 64 * 48 * 3; ++i) rgb[i] = static_cast<std::uint8_t>(random.below(256));
  };
  write_test_video(folder_ / "noise.mp4", noise);
  const std::string bytes = bytes_of(folder_ / "noise.mp4");
  ASSERT_GT(bytes.size(), 300'000U);  // more than is asked for at first
  server_.put("/films/a.mp4", bytes);
  server_.fail({{}, {.status = "403 Forbidden"}});
  EXPECT_THAT([&] { read_video_frames(source_of("s3://films/a.mp4"), kForm); },
              ::testing::ThrowsMessage<SourceError>(HasSubstr("s3://films/a.mp4: the server answers 403")));
}

}  // namespace
}  // namespace actionflow
