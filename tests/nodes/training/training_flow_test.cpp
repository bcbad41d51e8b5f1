// The training graph over real small videos: order, batches, substitutes, bounds, stopping.
#include "nodes/training/training_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "base/random.h"
#include "datasets/lists/epoch_order.h"
#include "nodes/training/clip_preparer.h"
#include "nodes/training/sequence_preparer.h"
#include "tests/datasets/make_video.h"

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<VideoEntry> entries_with_labels(const std::vector<int>& labels) {
  std::vector<VideoEntry> entries;
  for (const int label : labels) entries.emplace_back().labels = {label};
  return entries;
}

TEST(EpochOrder, HasEveryEntryOnceAndIsAnotherOneEachEpoch) {
  const auto entries = entries_with_labels(std::vector<int>(50, 0));
  const std::vector<int> first = epoch_order(entries, false, 7, 0);
  EXPECT_EQ(std::set<int>(first.begin(), first.end()).size(), 50U);
  EXPECT_EQ(first, epoch_order(entries, false, 7, 0));
  EXPECT_NE(first, epoch_order(entries, false, 7, 1));
  EXPECT_NE(first, epoch_order(entries, false, 8, 0));
}

TEST(EpochOrder, BalancedGivesEveryClassAsManyClips) {
  std::vector<int> labels(90, 0);
  labels.insert(labels.end(), 6, 1);
  labels.insert(labels.end(), 3, 2);
  const auto entries = entries_with_labels(labels);
  std::map<int, int> drawn, of_entry;
  for (const int entry : epoch_order(entries, true, 3, 2)) {
    ++drawn[labels[static_cast<std::size_t>(entry)]];
    ++of_entry[entry];
  }
  EXPECT_THAT(drawn, ElementsAre(std::pair(0, 33), std::pair(1, 33), std::pair(2, 33)));
  for (int entry = 96; entry < 99; ++entry) EXPECT_EQ(of_entry[entry], 11);
}

TEST(Targets, ShareOneBetweenALabelsOrGiveEachItsOwn) {
  const Tensor shared = make_targets({{1}, {0, 2}}, 3, false);
  EXPECT_THAT(shared.values(), ElementsAre(0, 1, 0, 0.5F, 0, 0.5F));
  EXPECT_THAT(make_targets({{}}, 4, false).values(), ElementsAre(0.25F, 0.25F, 0.25F, 0.25F));
  EXPECT_THAT(make_targets({{}}, 3, true).values(), ElementsAre(0, 0, 0));
  EXPECT_THAT(make_targets({{0, 2}}, 3, true).values(), ElementsAre(1, 0, 1));
  EXPECT_THAT(make_targets({{0}, {1}}, 1, true).values(), ElementsAre(0, 1));
}

class TrainingFlowTest : public ::testing::Test {
 protected:
  static constexpr int kVideos = 7;

  TrainingFlowTest() {
    for (int i = 0; i < kVideos; ++i) {
      const std::filesystem::path path = folder_ / ("v" + std::to_string(i) + ".mp4");
      TestVideo video{.width = 32, .height = 24, .frames = 12};
      video.paint = [i](int k, std::uint8_t* rgb) {
        for (int p = 0; p < 32 * 24 * 3; ++p) rgb[p] = static_cast<std::uint8_t>(30 * i + 2 * k);
      };
      write_test_video(path, video);
      VideoEntry& entry = entries_.emplace_back();
      entry.path = path;
      entry.name = path.filename();
      entry.labels = {i};
    }
    options_.batch = 3;
    options_.outputs = kVideos;
    options_.workers = 2;
    input_.channels = 3;
    input_.frames = 4;
    input_.height = input_.width = 8;
    for (int i = 0; i < kVideos; ++i) classes_.push_back("class " + std::to_string(i));
  }

  TrainingFlow& flow() {
    flow_.emplace(std::make_unique<ClipPreparer>(entries_, augmenter(), cache_, options_.seed), options_);
    return *flow_;
  }
  const Augmenter& augmenter() {
    AugmentOptions augment;
    augment.brightness = 0.2;
    augmenter_.emplace(augment, SamplingOptions{}, input_, classes_);
    return *augmenter_;
  }

  // Everything a flow gives, as bytes and numbers in its order.
  static std::vector<double> drain(TrainingFlow& flow) {
    std::vector<double> all;
    while (const TrainingBatchPtr batch = flow.next()) {
      all.push_back(batch->epoch);
      all.push_back(static_cast<double>(batch->step));
      for (const auto& labels : batch->labels) all.insert(all.end(), labels.begin(), labels.end());
      for (const PreparedFramePtr& frame : batch->frames)
        all.insert(all.end(), frame->data(), frame->data() + frame->size());
      all.insert(all.end(), batch->targets.values().begin(), batch->targets.values().end());
    }
    return all;
  }

  TemporaryFolder folder_;
  std::vector<VideoEntry> entries_;
  std::vector<std::string> classes_;
  InputSpec input_;
  TrainingFlowOptions options_;
  FrameCache cache_{CacheOptions{folder_ / "cache", 1}};
  std::optional<Augmenter> augmenter_;
  std::optional<TrainingFlow> flow_;
};

TEST_F(TrainingFlowTest, GivesEveryVideoOnceAnEpochAndKeepsTheShortLastBatch) {
  options_.end_epoch = 2;
  TrainingFlow& training = flow();
  for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
    std::set<int> seen;
    for (std::int64_t step = 0; step < 3; ++step) {
      const TrainingBatchPtr batch = training.next();
      ASSERT_TRUE(batch);
      EXPECT_EQ(batch->epoch, epoch);
      EXPECT_EQ(batch->step, step);
      EXPECT_EQ(batch->last, step == 2);
      EXPECT_EQ(batch->clips, step == 2 ? 1 : 3);
      EXPECT_EQ(batch->pixels().size(), static_cast<std::size_t>(batch->clips * 4));
      EXPECT_EQ(batch->targets.shape(), (Shape{batch->clips, kVideos}));
      for (const auto& labels : batch->labels) seen.insert(labels.front());
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kVideos));
  }
  EXPECT_EQ(training.next(), nullptr);
  EXPECT_EQ(training.next(), nullptr);
}

TEST_F(TrainingFlowTest, GivesTheSameToTheBitForAnyNumberOfWorkersAndAnyTiming) {
  options_.end_epoch = 3;
  options_.workers = 1;
  const std::vector<double> one = drain(flow());
  options_.workers = 4;
  options_.batches_ahead = 5;
  EXPECT_EQ(drain(flow()), one);
  options_.seed = 2;
  EXPECT_NE(drain(flow()), one);
}

TEST_F(TrainingFlowTest, SequencesComeWithATargetASampleTheSameForAnyNumberOfWorkers) {
  input_.frames = 20;
  input_.frame_rate = 10;
  StreamOptions streams;
  streams.sequences = 7;
  SequenceMaker maker(entries_, augmenter(), cache_, streams, false, 2);
  options_.end_epoch = 2;
  const auto drained = [&](int workers) {
    options_.workers = workers;
    TrainingFlow training(std::make_unique<SequencePreparer>(maker, 4, input_.frames), options_);
    std::vector<double> all;
    for (int step = 0; const TrainingBatchPtr batch = training.next(); ++step) {
      EXPECT_EQ(batch->step, step % 3);
      EXPECT_EQ(batch->clips, batch->last ? 1 : 3);
      EXPECT_EQ(batch->frames.size(), static_cast<std::size_t>(batch->clips * 20));
      EXPECT_EQ(batch->sample_targets.size(), batch->frames.size());
      EXPECT_TRUE(batch->targets.empty());
      for (const PreparedFramePtr& frame : batch->frames)
        all.insert(all.end(), frame->data(), frame->data() + frame->size());
      for (const SampleTarget& target : batch->sample_targets)
        all.insert(all.end(), {static_cast<double>(target.label), target.action, target.action_weight,
                               target.elapsed, target.label_weight});
    }
    return all;
  };
  const std::vector<double> one = drained(1);
  EXPECT_EQ(one.size(), 2 * 7 * 20 * (8 * 8 * 3 + 5U));
  EXPECT_EQ(drained(4), one);
}

TEST_F(TrainingFlowTest, WindowsComeWithTheTargetOfTheirLastSample) {
  input_.frames = 20;
  input_.frame_rate = 10;
  StreamOptions streams;
  streams.sequences = 7;
  SequenceMaker maker(entries_, augmenter(), cache_, streams, false, 2);
  const auto targets = [&](std::int64_t answers) {
    TrainingFlow training(std::make_unique<SequencePreparer>(maker, 4, answers), options_);
    std::vector<SampleTarget> all;
    while (const TrainingBatchPtr batch = training.next())
      all.insert(all.end(), batch->sample_targets.begin(), batch->sample_targets.end());
    return all;
  };
  const std::vector<SampleTarget> every = targets(20), last = targets(1);
  ASSERT_EQ(every.size(), 20 * last.size());
  for (std::size_t i = 0; i < last.size(); ++i) {
    EXPECT_EQ(last[i].label, every[20 * i + 19].label);
    EXPECT_EQ(last[i].label_weight, every[20 * i + 19].label_weight);
    EXPECT_EQ(last[i].action_weight, every[20 * i + 19].action_weight);
  }
}

TEST_F(TrainingFlowTest, BegunInTheMiddleGivesTheRest) {
  options_.end_epoch = 2;
  const std::vector<double> whole = drain(flow());
  for (const std::int64_t step : {1, 2, 3}) {
    options_.first_epoch = 0;
    options_.first_step = step;
    const std::vector<double> rest = drain(flow());
    ASSERT_LT(rest.size(), whole.size());
    EXPECT_EQ(rest, std::vector<double>(whole.end() - static_cast<std::ptrdiff_t>(rest.size()), whole.end()));
  }
  options_.first_step = 3;
  EXPECT_EQ(flow().next()->epoch, 1U);
}

TEST_F(TrainingFlowTest, PutsAnotherVideoInPlaceOfOneThatCannotBeRead) {
  std::ofstream(entries_[2].path) << "not a video";
  std::filesystem::remove(entries_[5].path);
  options_.most_unreadable = 0.5;
  options_.end_epoch = 2;
  const std::vector<double> first = drain(flow());
  options_.workers = 4;
  TrainingFlow& training = flow();
  EXPECT_EQ(drain(training), first);

  TrainingFlow& counted = flow();
  int substituted = 0;
  std::vector<UnreadableVideo> unreadable;
  while (const TrainingBatchPtr batch = counted.next()) {
    substituted += batch->substituted;
    unreadable = batch->unreadable;
    for (const auto& labels : batch->labels)
      EXPECT_THAT(labels.front(), ::testing::AllOf(::testing::Ne(2), ::testing::Ne(5)));
  }
  EXPECT_EQ(substituted, 4);  // two videos in each of two epochs
  ASSERT_EQ(unreadable.size(), 2U);
  for (const UnreadableVideo& video : unreadable)
    EXPECT_THAT(video.why, HasSubstr(entries_[static_cast<std::size_t>(video.entry)].name));
}

TEST_F(TrainingFlowTest, StopsWhereMoreVideosThanAllowedCannotBeRead) {
  for (const int i : {0, 1, 2}) std::filesystem::remove(entries_[static_cast<std::size_t>(i)].path);
  options_.most_unreadable = 0.3;
  TrainingFlow& training = flow();
  try {
    drain(training);
    FAIL() << "went on";
  } catch (const SourceError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("3 of 7 videos cannot be read, more than data.most_unreadable (0.3)"));
  }
}

TEST_F(TrainingFlowTest, AllVideosUnreadableIsAnErrorAndNotALoop) {
  for (const VideoEntry& entry : entries_) std::filesystem::remove(entry.path);
  options_.most_unreadable = 1;
  EXPECT_THROW(drain(flow()), SourceError);
}

TEST_F(TrainingFlowTest, HoldsNoMoreThanItsBound) {
  options_.end_epoch = 6;
  options_.batches_ahead = 2;
  options_.workers = 4;
  TrainingFlow& training = flow();
  ASSERT_TRUE(training.next());
  while (training.most_in_flight() < 3 * 3) std::this_thread::yield();  // it works ahead while the step runs
  drain(training);
  EXPECT_EQ(training.most_in_flight(), 3 * 3);
}

TEST_F(TrainingFlowTest, ABatchOfMoreThanAllVideosHoldsNoMoreEpochsThanItsBound) {
  options_.batch = 1000;
  options_.end_epoch = 20;
  options_.batches_ahead = 2;
  TrainingFlow& training = flow();
  drain(training);
  EXPECT_LE(training.most_in_flight(), 3 * static_cast<std::int64_t>(entries_.size()));
}

TEST_F(TrainingFlowTest, EndsAtOnceWhereverItIsStopped) {
  options_.end_epoch = 1'000'000;
  Random random(1, "stop");
  for (int round = 0; round < 40; ++round) {
    TrainingFlow& training = flow();
    const std::uint64_t last = random.below(30);
    std::atomic<std::uint64_t> taken{0};
    std::atomic<bool> stopped{false};
    std::thread stopper([&] {
      while (taken < last) std::this_thread::yield();
      training.stop();
      stopped = true;
    });
    int after = 0;
    for (; training.next(); ++taken) after += stopped;
    stopper.join();
    flow_.reset();
    EXPECT_LE(after, 1);  // the one that was handed over while it was stopped
  }
}

TEST_F(TrainingFlowTest, MeasuresHowLongTheStepStoodStill) {
  TrainingFlow& training = flow();
  drain(training);
  EXPECT_GT(training.waited_seconds(), 0);  // the first batch cannot have been there
}

}  // namespace
}  // namespace actionflow::testing
