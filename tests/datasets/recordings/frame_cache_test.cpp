#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include "base/log/log.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/recordings/frame_cache_entry.h"
#include "datasets/recordings/prepare_fingerprint.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using testing::source_of;
using testing::TemporaryFolder;
using testing::TestVideo;
using testing::write_test_video;

constexpr FrameForm kForm{24, 32};
constexpr std::size_t kFrameBytes = 24 * 32 * 3;

void make_video(const fs::path& path, int frames = 10) {
  TestVideo video;
  video.frames = frames;
  write_test_video(path, video);
}

void expect_equal(const VideoFrames& one, const VideoFrames& other) {
  ASSERT_EQ(one.count(), other.count());
  EXPECT_EQ(one.form(), other.form());
  EXPECT_EQ(one.duration(), other.duration());
  EXPECT_TRUE(std::equal(one.times_us().begin(), one.times_us().end(), other.times_us().begin()));
  for (std::int64_t k = 0; k < one.count(); ++k) {
    EXPECT_TRUE(std::equal(one.pixels(k), one.pixels(k) + kFrameBytes, other.pixels(k))) << "frame " << k;
  }
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path());
  return found;
}

// Changes one byte of the file, counted from its start or, below 0, from its end.
void damage(const fs::path& file, std::int64_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at, at < 0 ? std::ios::end : std::ios::beg);
  const char byte = static_cast<char>(stream.get());
  stream.seekp(at, at < 0 ? std::ios::end : std::ios::beg);
  stream.put(static_cast<char>(byte ^ 0x40));
}

class FrameCacheTest : public ::testing::Test {
 protected:
  FrameCacheTest() {
    make_video(folder_ / "a.mp4");
    log::set_sink([this](log::Level, std::string_view line) { lines_.emplace_back(line); });
  }
  ~FrameCacheTest() override { log::set_sink({}); }

  CacheOptions options(double gigabytes = 1) const { return {folder_ / "cache", gigabytes}; }
  fs::path only_entry() const {
    const auto found = entries(folder_ / "cache");
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? fs::path() : found.front();
  }

  TemporaryFolder folder_;
  std::vector<std::string> lines_;
};

TEST_F(FrameCacheTest, DecodesOnceAndMapsTheSameFramesAfterwards) {
  const auto read = read_video_frames(source_of(folder_ / "a.mp4"), kForm);
  FrameCache cache(options());
  expect_equal(*cache.get(source_of(folder_ / "a.mp4"), kForm), *read);
  expect_equal(*cache.get(source_of(folder_ / "a.mp4"), kForm), *read);
  FrameCache later(options());
  const auto mapped = later.get(source_of(folder_ / "a.mp4"), kForm);
  expect_equal(*mapped, *read);
  EXPECT_EQ(mapped->decoded(), 0);
  EXPECT_EQ(cache.counts().decoded, 1);
  EXPECT_EQ(cache.counts().hits, 1);
  EXPECT_EQ(later.counts().decoded, 0);
  EXPECT_EQ(later.counts().bytes, static_cast<std::int64_t>(fs::file_size(only_entry())));
}

TEST_F(FrameCacheTest, PixelsLieOnAPagesStart) {
  FrameCache cache(options());
  const auto frames = cache.get(source_of(folder_ / "a.mp4"), kForm);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frames->pixels(0)) % 4096, 0U);
}

TEST_F(FrameCacheTest, KeepsEachFormByItself) {
  FrameCache cache(options());
  FrameForm gray = kForm;
  gray.color = ColorOrder::gray;
  FrameForm bilinear = kForm;
  bilinear.resize.filter = ResizeFilter::bilinear;
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), kForm)->form(), kForm);
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), gray)->form(), gray);
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), bilinear)->form(), bilinear);
  EXPECT_EQ(cache.counts().decoded, 3);
  EXPECT_EQ(entries(folder_ / "cache").size(), 3U);
}

TEST_F(FrameCacheTest, AChangedSourceIsDecodedAnew) {
  FrameCache cache(options());
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), kForm)->count(), 10);
  make_video(folder_ / "a.mp4", 6);
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), kForm)->count(), 6);
  fs::last_write_time(folder_ / "a.mp4", fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), kForm)->count(), 6);
  EXPECT_EQ(cache.counts().decoded, 3);
  EXPECT_EQ(entries(folder_ / "cache").size(), 1U);
}

// The header follows from the key, and the key from how a fixed picture is prepared.
TEST_F(FrameCacheTest, AnEntryPreparedInAnotherWayIsMadeAnew) {
  FrameForm bilinear = kForm;
  bilinear.resize.filter = ResizeFilter::bilinear;
  EXPECT_EQ(prepare_fingerprint(kForm), prepare_fingerprint(kForm));
  EXPECT_NE(prepare_fingerprint(kForm), prepare_fingerprint(bilinear));
  const SourceOptions source = source_of(folder_ / "a.mp4");
  const EntryKey now{source.source, kForm, 0, fingerprint_of(source.source), 1, {}};
  const EntryKey later{source.source, kForm, 0, now.fingerprint, 2, {}};
  EXPECT_EQ(now.file_name(), later.file_name());
  EntryWriter writer(folder_ / now.file_name(), now, FileSystem::system());
  const std::vector<std::uint8_t> pixels(kFrameBytes, 5);
  writer.add(0, pixels.data());
  writer.finish(0.04);
  EXPECT_EQ(open_entry(folder_ / now.file_name(), now, true), nullptr);
  writer.commit();
  EXPECT_EQ(fs::file_size(folder_ / now.file_name()), writer.bytes());
  EXPECT_NE(open_entry(folder_ / now.file_name(), now, true), nullptr);
  EXPECT_EQ(open_entry(folder_ / now.file_name(), later, true), nullptr);
}

TEST_F(FrameCacheTest, ADamagedEntryIsMadeAnewWhereverItIsDamaged) {
  const auto read = read_video_frames(source_of(folder_ / "a.mp4"), kForm);
  FrameCache(options()).get(source_of(folder_ / "a.mp4"), kForm);
  const fs::path entry = only_entry();
  const auto size = static_cast<std::int64_t>(fs::file_size(entry));
  // Magic, version, form, path; pixels; time stamps, checksums, count, duration, sum, magic.
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{8}, std::int64_t{12}, std::int64_t{70},
                                std::int64_t{4096}, std::int64_t{4096 + 5000}, size - 150, size - 40,
                                std::int64_t{-32}, std::int64_t{-24}, std::int64_t{-16}, std::int64_t{-1}}) {
    damage(entry, at);
    FrameCache cache(options());
    expect_equal(*cache.get(source_of(folder_ / "a.mp4"), kForm), *read);
    EXPECT_EQ(cache.counts().decoded, 1) << "damaged at " << at;
  }
}

TEST_F(FrameCacheTest, AnEntryCutShortIsMadeAnew) {
  const auto read = read_video_frames(source_of(folder_ / "a.mp4"), kForm);
  FrameCache(options()).get(source_of(folder_ / "a.mp4"), kForm);
  for (const std::uintmax_t size : {0, 1, 4096, 5000, 20000}) {
    fs::resize_file(only_entry(), size);
    FrameCache cache(options());
    expect_equal(*cache.get(source_of(folder_ / "a.mp4"), kForm), *read);
    EXPECT_EQ(cache.counts().decoded, 1) << size;
  }
}

TEST_F(FrameCacheTest, TheEntriesUsedLongestAgoGoWhenItIsFull) {
  for (const char* name : {"b.mp4", "c.mp4"}) make_video(folder_ / name);
  const double two = 2.5 * (4096 + 10 * (kFrameBytes + 16)) / 1e9;
  FrameCache cache(options(two));
  const auto held = cache.get(source_of(folder_ / "a.mp4"), kForm);
  cache.get(source_of(folder_ / "b.mp4"), kForm);
  cache.get(source_of(folder_ / "a.mp4"), kForm);
  const std::vector<std::uint8_t> first(held->pixels(0), held->pixels(0) + kFrameBytes);
  cache.get(source_of(folder_ / "c.mp4"), kForm);
  EXPECT_EQ(cache.counts().evicted, 1);
  EXPECT_EQ(entries(folder_ / "cache").size(), 2U);
  cache.get(source_of(folder_ / "a.mp4"), kForm);
  EXPECT_EQ(cache.counts().decoded, 3);
  cache.get(source_of(folder_ / "b.mp4"), kForm);
  EXPECT_EQ(cache.counts().decoded, 4);
  EXPECT_LE(cache.counts().bytes, two * 1e9);
  // What was handed out stays.
  EXPECT_TRUE(std::equal(first.begin(), first.end(), held->pixels(0)));
  EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(FrameCacheTest, AVideoLargerThanTheCacheIsDecodedEachTime) {
  FrameCache cache(options(10000 / 1e9));
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), kForm)->count(), 10);
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), kForm)->count(), 10);
  EXPECT_TRUE(entries(folder_ / "cache").empty());
  EXPECT_EQ(cache.counts().decoded, 2);
}

TEST_F(FrameCacheTest, ZeroGigabytesTouchNoDisk) {
  FrameCache cache(options(0));
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), kForm)->count(), 10);
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
}

class FullDisk final : public FileSystem {
 public:
  explicit FullDisk(std::size_t room) : room_(room) {}
  int create(const std::string& path, const std::string& like) override {
    return system().create(path, like);
  }
  std::ptrdiff_t write(int descriptor, const void* data, std::size_t bytes) override {
    if (bytes > room_) return -ENOSPC;
    room_ -= bytes;
    return system().write(descriptor, data, bytes);
  }
  int sync(int descriptor) override { return system().sync(descriptor); }
  int close(int descriptor) override { return system().close(descriptor); }
  int rename(const std::string& from, const std::string& to) override { return system().rename(from, to); }
  int remove(const std::string& path) override { return system().remove(path); }
  int open_folder(const std::string& path) override { return system().open_folder(path); }

 private:
  std::size_t room_;
};

TEST_F(FrameCacheTest, AFullDiskIsOneWarningAndTrainingGoesOn) {
  make_video(folder_ / "b.mp4");
  FullDisk disk(10000);
  FrameCache cache(options(), disk);
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (const char* name : {"a.mp4", "b.mp4"})
      EXPECT_EQ(cache.get(source_of(folder_ / name), kForm)->count(), 10);
  }
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_NE(lines_.front().find("No space left"), std::string::npos) << lines_.front();
  EXPECT_TRUE(entries(folder_ / "cache").empty());
}

TEST_F(FrameCacheTest, AFolderThatCannotBeMadeIsAWarning) {
  FrameCache cache({folder_ / "a.mp4" / "cache", 1});
  EXPECT_EQ(cache.get(source_of(folder_ / "a.mp4"), kForm)->count(), 10);
  EXPECT_EQ(lines_.size(), 1U);
}

TEST_F(FrameCacheTest, ManyThreadsDecodeAVideoOnce) {
  FrameCache cache(options());
  std::vector<std::thread> threads;
  std::vector<std::int64_t> counts(8);
  for (std::int64_t& count : counts) {
    threads.emplace_back([&] { count = cache.get(source_of(folder_ / "a.mp4"), kForm)->count(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counts, std::vector<std::int64_t>(8, 10));
  EXPECT_EQ(cache.counts().decoded, 1);
}

// As two programs would: neither knows of the other's threads.
TEST_F(FrameCacheTest, SeveralCachesMayShareAFolder) {
  for (const char* name : {"b.mp4", "c.mp4"}) make_video(folder_ / name);
  const double one_and_a_half = 1.5 * (4096 + 10 * (kFrameBytes + 16)) / 1e9;
  const auto read = read_video_frames(source_of(folder_ / "a.mp4"), kForm);
  std::vector<std::thread> threads;
  for (int program = 0; program < 4; ++program) {
    threads.emplace_back([&] {
      FrameCache cache(options(one_and_a_half));
      for (int k = 0; k < 10; ++k) {
        for (const char* name : {"b.mp4", "a.mp4", "c.mp4"}) {
          const auto frames = cache.get(source_of(folder_ / name), kForm);
          expect_equal(*frames, *read);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const fs::path& path : entries(folder_ / "cache")) EXPECT_EQ(path.extension(), kEntrySuffix);
}

TEST_F(FrameCacheTest, APartIsAVideoOfItsOwn) {
  make_video(folder_ / "long.mp4", 60);
  const SourceOptions source = source_of(folder_ / "long.mp4");
  const auto whole = read_video_frames(source, kForm);
  const TimeSpan part{0.5, 1.25};  // between two frames: at 25 a second the 12th holds then
  for (const double gigabytes : {0.0, 1.0, 1.0}) {
    FrameCache cache(options(gigabytes));
    const auto frames = cache.get(source, kForm, part);
    ASSERT_EQ(frames->count(), 20);
    EXPECT_EQ(frames->times_us()[0], 0);
    EXPECT_EQ(frames->times_us()[1], 20'000);
    EXPECT_EQ(frames->duration(), 0.75);
    for (std::int64_t k = 0; k < frames->count(); ++k)
      EXPECT_TRUE(std::equal(frames->pixels(k), frames->pixels(k) + kFrameBytes, whole->pixels(12 + k))) << k;
    EXPECT_EQ(cache.get(source, kForm)->count(), 60);
    EXPECT_EQ(cache.get(source, kForm, TimeSpan{2, 2.8})->duration(), whole->duration() - 2);
    // Of 2.4 s, and half a second for rounding.
    for (const TimeSpan beyond : {TimeSpan{2, 3}, TimeSpan{2.4, 2.5}, TimeSpan{8, 9}})
      EXPECT_THROW(cache.get(source, kForm, beyond), SourceError) << beyond.begin;
  }
  EXPECT_EQ(entries(folder_ / "cache").size(), 3U);
}

TEST_F(FrameCacheTest, WhatAKilledProgramLeftIsCleared) {
  fs::create_directories(folder_ / "cache");
  // No process has this number: it is above the greatest that Linux gives (2^22).
  const fs::path left = folder_ / "cache" / "0123456789abcdef.frames.tmp-99999999-0";
  std::ofstream(left) << "half";
  const FrameCache cache(options());
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(FrameCacheTest, AMissingOrBrokenVideoIsASourceErrorAndLeavesNothing) {
  std::ofstream(folder_ / "broken.mp4") << "not a video";
  FrameCache cache(options());
  EXPECT_THROW(cache.get(source_of(folder_ / "none.mp4"), kForm), SourceError);
  EXPECT_THROW(cache.get(source_of(folder_ / "broken.mp4"), kForm), SourceError);
  EXPECT_TRUE(entries(folder_ / "cache").empty());
  EXPECT_TRUE(lines_.empty());
}

TEST_F(FrameCacheTest, AFolderOfFramesIsMadeAnewWhenAFrameChanges) {
  REQUIRE_REAL_DATA(clips, "clips");
  fs::path frames;
  for (const auto& entry : fs::directory_iterator(clips)) {
    if (entry.is_directory()) frames = entry.path();
  }
  if (frames.empty()) GTEST_SKIP() << "no folder of frames among the clips";
  fs::copy(frames, folder_ / "frames", fs::copy_options::recursive);
  FrameCache cache(options());
  SourceOptions source = source_of(folder_ / "frames");
  cache.get(source, kForm);
  cache.get(source, kForm);
  EXPECT_EQ(cache.counts().decoded, 1);
  source.frame_rate = 12;
  cache.get(source, kForm);
  EXPECT_EQ(cache.counts().decoded, 2);
  for (const auto& entry : fs::directory_iterator(folder_ / "frames")) {
    fs::permissions(entry.path(), fs::perms::owner_all);
    fs::last_write_time(entry.path(), fs::file_time_type::clock::now());
    break;
  }
  cache.get(source, kForm);
  EXPECT_EQ(cache.counts().decoded, 3);
}

TEST(Checksum, ChangesWithEveryBitAndWithTheLength) {
  std::vector<std::uint8_t> bytes(75, 7);
  const std::uint64_t whole = checksum(bytes.data(), bytes.size());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_NE(checksum(bytes.data(), bytes.size()), whole) << bit;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  const std::vector<std::uint8_t> zeros(100);
  EXPECT_NE(checksum(zeros.data(), 64), checksum(zeros.data(), 96));
  EXPECT_NE(checksum(zeros.data(), 5), checksum(zeros.data(), 6));
}

}  // namespace
}  // namespace actionflow
