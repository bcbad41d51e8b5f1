// Sequences to train on and streams to evaluate on, made of real small videos.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "datasets/streams/evaluation_streams.h"
#include "datasets/streams/sequence_maker.h"
#include "tests/datasets/make_video.h"

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;

class StreamsTest : public ::testing::Test {
 protected:
  static constexpr int kVideos = 6;

  StreamsTest() {
    for (int i = 0; i < kVideos; ++i) {
      const std::filesystem::path path = folder_ / ("v" + std::to_string(i) + ".mp4");
      TestVideo video{.width = 32, .height = 24, .frames = 10 + 5 * i, .fps = 20};
      video.paint = [i](int k, std::uint8_t* rgb) {
        for (int p = 0; p < 32 * 24 * 3; ++p) rgb[p] = static_cast<std::uint8_t>(30 * i + 2 * k);
      };
      write_test_video(path, video);
      VideoEntry& entry = entries_.emplace_back();
      entry.path = path;
      entry.name = path.filename();
      if (i < 4) entry.labels = {i % 2};
    }
    input_.frames = 30;
    input_.frame_rate = 10;
    input_.height = input_.width = 8;
    input_.motion = Motion::difference;
    input_.channels = 4;
    options_.sequences = 10;
    augment_.brightness = 0.2;
    augment_.noise = 4;
    augment_.hold = 1.5;
    augment_.shake = 0.1;
  }

  SequenceMaker& maker(CacheOptions cache = {{}, 0}) {
    maker_.reset();
    augmenter_.emplace(augment_, SamplingOptions{}, input_, std::vector<std::string>{"one", "other"});
    cache_.emplace(cache);
    maker_.emplace(entries_, *augmenter_, *cache_, options_, false, 2);
    return *maker_;
  }

  static std::vector<double> everything(const TrainingSequence& made) {
    std::vector<double> all;
    for (const PreparedFramePtr& sample : made.sequence.samples)
      all.insert(all.end(), sample->data(), sample->data() + sample->size());
    for (const TimedAction& action : made.sequence.actions) {
      all.push_back(action.label);
      all.push_back(action.start);
      all.push_back(action.end);
    }
    return all;
  }
  std::vector<std::vector<double>> epoch(SequenceMaker& maker) {
    std::vector<std::vector<double>> all;
    for (std::int64_t i = 0; i < maker.planner().sequences(); ++i)
      all.push_back(everything(maker.training_sequence(3, 1, i)));
    return all;
  }

  TemporaryFolder folder_;
  std::vector<VideoEntry> entries_;
  InputSpec input_;
  AugmentOptions augment_;
  StreamOptions options_;
  std::optional<Augmenter> augmenter_;
  std::optional<FrameCache> cache_;
  std::optional<SequenceMaker> maker_;
};

TEST_F(StreamsTest, ASequenceIsAsLongAsTheNetworksAndHasItsTimes) {
  const TrainingSequence made = maker().training_sequence(3, 0, 0);
  EXPECT_EQ(made.sequence.samples.size(), 30U);
  EXPECT_DOUBLE_EQ(made.sequence.interval, 0.1);
  EXPECT_FALSE(made.sequence.actions.empty());
  EXPECT_TRUE(made.unreadable.empty());
  for (const PreparedFramePtr& sample : made.sequence.samples) EXPECT_EQ(sample->channels(), 4);
}

TEST_F(StreamsTest, SequencesAreTheSameFromAnyThreadWithAndWithoutACache) {
  const auto expected = epoch(maker());
  EXPECT_NE(expected[0], expected[1]);
  SequenceMaker& cached = maker({folder_ / "cache", 1});
  std::vector<std::vector<double>> all(expected.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < all.size(); i += 4)
          all[i] = everything(cached.training_sequence(3, 1, static_cast<std::int64_t>(i)));
      });
  }
  EXPECT_EQ(all, expected);
}

// It is good when its length is read, and gone when its frames are.
TEST_F(StreamsTest, AVideoThatFailsWhileItIsPaintedIsReplacedWheneverThatIsFound) {
  SequenceMaker& forwards = maker();
  std::optional<FrameCache> other_cache(CacheOptions{{}, 0});
  SequenceMaker backwards(entries_, *augmenter_, *other_cache, options_, false, 2);
  std::filesystem::remove(entries_[1].path);
  const std::int64_t count = forwards.planner().sequences();
  std::vector<std::vector<double>> one, other(static_cast<std::size_t>(count));
  int substituted = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const TrainingSequence made = forwards.training_sequence(3, 1, i);
    one.push_back(everything(made));
    substituted += made.unreadable.empty() ? 0 : 1;
    for (const UnreadableVideo& video : made.unreadable) {
      EXPECT_EQ(video.entry, 1);
      EXPECT_THAT(video.why, ::testing::HasSubstr("v1.mp4"));
    }
  }
  EXPECT_GT(substituted, 0);
  for (std::int64_t i = count - 1; i >= 0; --i)
    other[static_cast<std::size_t>(i)] = everything(backwards.training_sequence(3, 1, i));
  EXPECT_EQ(one, other);
}

TEST_F(StreamsTest, JoinedStreamsHoldEveryClipOnceWithItsTimes) {
  const InputSpec input = input_;
  FrameCache cache(CacheOptions{{}, 0});
  EvaluationStreams streams(entries_, cache, input, {.streams = 2, .seed = 7, .idle = 0.5}, 2);
  ASSERT_EQ(streams.count(), 2U);
  double acted = 0, seconds = 0;
  std::size_t actions = 0, unknown = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const StreamSequence stream = streams.stream(i);
    double end = 0;
    for (const TimedAction& action : stream.actions) {
      EXPECT_NEAR(action.start, end, 1e-9);
      end = action.end + 0.5;
      acted += action.end - action.start;
      unknown += action.label < 0 ? 1 : 0;
      ++actions;
    }
    seconds += end;
    EXPECT_NEAR(static_cast<double>(stream.samples.size()) * stream.interval, end, 0.1);
  }
  EXPECT_EQ(actions, static_cast<std::size_t>(kVideos));
  EXPECT_EQ(unknown, 2U);
  EXPECT_NEAR(acted, (10 + 15 + 20 + 25 + 30 + 35) / 20.0, 1e-6);
  EXPECT_NEAR(seconds, acted + kVideos * 0.5, 1e-6);
}

TEST_F(StreamsTest, AnotherSeedJoinsInAnotherOrderAndUnreadableClipsAreLeftOutAndNamed) {
  FrameCache cache(CacheOptions{{}, 0});
  const auto starts = [&](std::uint64_t seed) {
    std::vector<double> all;
    for (const TimedAction& action :
         EvaluationStreams(entries_, cache, input_, {.streams = 1, .seed = seed}, 2).stream(0).actions)
      all.push_back(action.start);
    return all;
  };
  EXPECT_EQ(starts(1), starts(1));
  EXPECT_NE(starts(1), starts(2));
  std::filesystem::remove(entries_[0].path);
  EvaluationStreams streams(entries_, cache, input_, {.streams = 1}, 2);
  EXPECT_EQ(streams.stream(0).actions.size(), 5U);
  ASSERT_EQ(streams.unreadable().size(), 1U);
  EXPECT_EQ(streams.unreadable()[0].entry, 0);
}

TEST_F(StreamsTest, AnUncutVideoIsAStreamOfItsOwn) {
  entries_.resize(1);
  entries_[0].labels.clear();
  entries_[0].timed = true;
  entries_[0].actions = {{1, 0.1, 0.3}};
  FrameCache cache(CacheOptions{{}, 0});
  EvaluationStreams streams(entries_, cache, input_, {.streams = 4, .idle = 1}, 2);
  ASSERT_EQ(streams.count(), 1U);
  const StreamSequence stream = streams.stream(0);
  EXPECT_EQ(stream.name, "v0.mp4");
  EXPECT_EQ(stream.samples.size(), 5U);
  ASSERT_EQ(stream.actions.size(), 1U);
  EXPECT_EQ(stream.actions[0].label, 1);
}

// A dense clip from a video's start is the first window that classify cuts.
TEST_F(StreamsTest, AnUncutVideosSamplesAreThoseThatClassifyPrepares) {
  entries_.erase(entries_.begin(), entries_.begin() + 5);
  entries_[0].timed = true;
  FrameCache cache(CacheOptions{{}, 0});
  const StreamSequence stream = EvaluationStreams(entries_, cache, input_, {}, 1).stream(0);
  ASSERT_EQ(stream.samples.size(), 18U);  // 35 frames at 20 a second
  input_.frames = 18;
  const auto video = cache.get(entries_[0].source(), FrameForm::of(input_));
  const auto window = evaluation_clips(*video, SamplingOptions{}, input_).front();
  for (std::size_t k = 0; k < window.size(); ++k)
    EXPECT_TRUE(
        std::equal(window[k]->data(), window[k]->data() + window[k]->size(), stream.samples[k]->data()))
        << k;
}

}  // namespace
}  // namespace actionflow::testing
