// Damaged files: cut short anywhere, or with bits turned over. Whatever comes out, it comes
// without a crash: about as many frames as were written, or one clear error.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;
using testing::write_test_video;

// $ACTIONFLOW_DAMAGE_VARIANTS asks for more of each.
int variants() {
  const char* asked = std::getenv("ACTIONFLOW_DAMAGE_VARIANTS");
  return asked ? std::atoi(asked) : 100;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::size_t below(std::size_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ % bound;
  }

 private:
  std::uint64_t state_;
};

class Damage : public ::testing::TestWithParam<const char*> {
 protected:
  Damage() {
    const fs::path whole = folder_ / (std::string("whole") + GetParam());
    write_test_video(whole, {.frames = kFrames, .keyframe_interval = 8});
    std::ifstream stream(whole, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(stream), {});
    damaged_ = folder_ / (std::string("damaged") + GetParam());
  }

  void read(const std::string& bytes, int variant) {
    std::ofstream(damaged_, std::ios::binary) << bytes;
    try {
      const testing::Decoded decoded = testing::read_all(damaged_);
      EXPECT_LE(decoded.frames.size(), 2 * kFrames) << "variant " << variant;
      EXPECT_LE(decoded.damaged, 4 * kFrames) << "variant " << variant;
      whole_ += decoded.frames.size() == kFrames;
    } catch (const SourceError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      EXPECT_TRUE(message.starts_with(damaged_.string() + ": ")) << message;
      ++refused_;
    }
  }
  // Some of both, else the damage does not reach far enough, or too far.
  void expect_some_of_each() const {
    EXPECT_GT(refused_, 0);
    EXPECT_LT(refused_, variants());
    EXPECT_GT(whole_, 0);
  }

  static constexpr std::size_t kFrames = 24;
  int refused_ = 0, whole_ = 0;

  TemporaryFolder folder_;
  std::string bytes_;
  fs::path damaged_;
};

TEST_P(Damage, ByCuttingShortGivesFramesOrAnError) {
  Random random(1);
  for (int i = 0; i < variants(); ++i) read(bytes_.substr(0, random.below(bytes_.size())), i);
  EXPECT_GT(refused_, 0);
}

TEST_P(Damage, ByTurnedBitsGivesFramesOrAnError) {
  Random random(2);
  for (int i = 0; i < variants(); ++i) {
    std::string damaged = bytes_;
    // Half of the damage goes where the container describes itself.
    const std::size_t range = i % 2 == 0 ? damaged.size() : std::min<std::size_t>(damaged.size(), 1024);
    for (std::size_t count = 1 + random.below(32); count > 0; --count) {
      const std::size_t at = random.below(range);
      const bool from_end = i % 4 == 1;
      char& byte = damaged[from_end ? damaged.size() - 1 - at : at];
      byte = static_cast<char>(byte ^ (1 << random.below(8)));
    }
    read(damaged, i);
  }
  expect_some_of_each();
}

INSTANTIATE_TEST_SUITE_P(Containers, Damage, ::testing::Values(".mp4", ".mkv", ".avi", ".webm"),
                         [](const auto& suffix) { return std::string(suffix.param + 1); });

}  // namespace
}  // namespace actionflow
