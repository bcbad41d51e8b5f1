#include "nodes/events/event_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace actionflow {
namespace {

constexpr double kInterval = 0.1;
const std::vector<std::string> kClasses{"up", "down", "star"};
enum : int { up, down, star };

std::vector<float> mostly(int label, float share = 0.9F) {
  std::vector<float> which(kClasses.size(), (1 - share) / static_cast<float>(kClasses.size() - 1));
  which[static_cast<std::size_t>(label)] = share;
  return which;
}

// Scores as a network for streams gives them, sample by sample.
class Samples {
 public:
  explicit Samples(const EventOptions& options = {}) : decoder_(options, kClasses) {}

  Samples& say(int label, float action, int samples = 1, float share = 0.9F) {
    const std::vector<float> which = mostly(label, share);
    for (int i = 0; i < samples; ++i, ++sample_) {
      const double time = sample_ * kInterval;
      const auto elapsed = static_cast<float>(time - began_);
      add(decoder_.observe({time, time + kInterval, which, action, elapsed, kInterval}));
    }
    return *this;
  }
  Samples& quiet(int samples) { return say(up, 0.02F, samples, 0.5F); }
  // What the network takes for the action's start from here on.
  Samples& began(double time) {
    began_ = time;
    return *this;
  }
  Samples& gap(int samples = 0) {
    sample_ += samples;
    add(decoder_.finish());
    return *this;
  }
  // A dropped or failed window.
  Samples& miss(int samples) {
    sample_ += samples;
    return *this;
  }

  const std::vector<EventChange>& changes() const { return changes_; }
  std::vector<EventChange> ended() const {
    std::vector<EventChange> list;
    for (const EventChange& change : changes_) {
      if (change.kind == EventChange::ended) list.push_back(change);
    }
    return list;
  }

 private:
  void add(const std::vector<EventChange>& more) {
    changes_.insert(changes_.end(), more.begin(), more.end());
  }

  EventDecoder decoder_;
  int sample_ = 0;
  double began_ = 0;
  std::vector<EventChange> changes_;
};

std::vector<int> labels(const std::vector<EventChange>& changes) {
  std::vector<int> list;
  for (const EventChange& change : changes) list.push_back(change.label);
  return list;
}

TEST(EventDecoder, OneActionIsOneEvent) {
  Samples samples;
  samples.began(0.5).quiet(12).say(up, 0.8F, 6).quiet(5);
  ASSERT_EQ(samples.changes().size(), 2U);
  const EventChange& begun = samples.changes()[0];
  EXPECT_EQ(begun.kind, EventChange::begun);
  EXPECT_EQ(begun.number, 0);
  EXPECT_EQ(begun.label, up);
  EXPECT_NEAR(begun.decided, 1.2, 1e-9);
  const EventChange& ended = samples.changes()[1];
  EXPECT_EQ(ended.kind, EventChange::ended);
  EXPECT_EQ(ended.number, 0);
  EXPECT_NEAR(ended.start, 0.5, 1e-6);
  EXPECT_NEAR(ended.end, 1.8, 1e-9);
  EXPECT_NEAR(ended.decided, 1.8, 1e-9);
  EXPECT_NEAR(ended.score, 0.8F * 0.9F, 1e-6);
}

TEST(EventDecoder, TwoActionsOfOneLabelInARowAreTwoEvents) {
  Samples samples;
  samples.began(0).quiet(5).say(up, 0.9F, 5).quiet(1).began(1.1).say(up, 0.9F, 5).quiet(1);
  EXPECT_EQ(labels(samples.ended()), (std::vector<int>{up, up}));
  EXPECT_EQ(samples.ended()[1].number, 1);
  EXPECT_NEAR(samples.ended()[1].start, 1.1, 1e-6);
}

TEST(EventDecoder, ADipThatStaysAboveTheEndThresholdDoesNotPartAnAction) {
  Samples samples;
  samples.say(up, 0.9F, 5).say(up, 0.35F, 4).say(up, 0.9F, 5).quiet(1);
  EXPECT_EQ(labels(samples.ended()), std::vector<int>{up});
}

TEST(EventDecoder, AGapShorterThanMergeIsBridged) {
  EventOptions options;
  options.merge = 0.3;
  Samples bridged(options);
  bridged.say(up, 0.9F, 5).quiet(2).say(up, 0.9F, 5).quiet(9);
  ASSERT_EQ(labels(bridged.ended()), std::vector<int>{up});
  EXPECT_NEAR(bridged.ended()[0].end, 1.2, 1e-9);
  Samples parted(options);
  parted.say(up, 0.9F, 5).quiet(3).say(up, 0.9F, 5).quiet(9);
  EXPECT_EQ(labels(parted.ended()), (std::vector<int>{up, up}));
  Samples another(options);
  another.say(up, 0.9F, 5).quiet(1).say(down, 0.9F, 5).quiet(9);
  EXPECT_EQ(labels(another.ended()), (std::vector<int>{up, down}));
}

TEST(EventDecoder, AChangeOfMindRenamesTheEvent) {
  Samples samples;
  samples.say(up, 0.8F, 9).say(star, 0.7F, 3).quiet(1);
  ASSERT_EQ(labels(samples.changes()), (std::vector<int>{up, star}));
  EXPECT_EQ(samples.changes()[1].number, 0);
  EXPECT_NEAR(samples.changes()[1].score, 0.7F * 0.9F, 1e-6);
}

TEST(EventDecoder, AnActionThatFollowsWithoutAPauseIsAnEventOfItsOwn) {
  Samples samples;
  samples.say(down, 0.9F, 10).began(1.2).say(star, 0.6F, 6, 0.3F).say(star, 0.9F, 10).gap();
  const std::vector<EventChange> events = samples.ended();
  ASSERT_EQ(labels(events), (std::vector<int>{down, star}));
  EXPECT_NEAR(events[0].end, 1.0, 1e-6);  // until when it was said
  EXPECT_NEAR(events[1].start, 1.2, 1e-6);
  EXPECT_NEAR(events[1].end, 2.6, 1e-6);
  // It began before the first was surest, so the first was a mistake.
  Samples one;
  one.say(down, 0.7F, 5).say(down, 0.9F, 5).began(0.1).say(star, 0.9F, 10).gap();
  EXPECT_EQ(labels(one.ended()), std::vector<int>{star});
}

TEST(EventDecoder, SinceWhenALongActionLastsIsSaidLessExactly) {
  Samples samples;
  samples.say(down, 0.9F, 10).began(0.6).say(star, 0.6F, 50, 0.3F).say(star, 0.9F, 10).gap();
  const std::vector<EventChange> events = samples.ended();
  ASSERT_EQ(labels(events), (std::vector<int>{down, star}));
  EXPECT_NEAR(events[1].start, events[0].end, 1e-6);
  EXPECT_NEAR(events[1].end, 7.0, 1e-6);
  // A short one that says so began before the other was over.
  Samples one;
  one.say(down, 0.9F, 10).began(0.6).say(star, 0.9F, 5).gap();
  EXPECT_EQ(labels(one.ended()), std::vector<int>{star});
}

TEST(EventDecoder, AMomentsOtherNameDoesNotHideWhatAnActionWas) {
  Samples samples;
  samples.say(down, 0.9F, 10).began(0.3).say(up, 0.7F, 2, 0.8F).say(star, 0.6F, 9, 0.3F);
  samples.began(1.1).say(star, 0.9F, 10).gap();
  const std::vector<EventChange> events = samples.ended();
  ASSERT_EQ(labels(events), (std::vector<int>{down, star}));
  EXPECT_NEAR(events[0].score, 0.9F * 0.9F, 1e-6);
  EXPECT_NEAR(events[1].start, 1.1, 1e-6);
}

TEST(EventDecoder, AMovementThatIsNoClassForSureBeginsNothing) {
  Samples samples;
  samples.say(up, 0.9F, 6, 0.5F);
  EXPECT_TRUE(samples.changes().empty());
  // Once it has begun, "whether" alone says how long it lasts, sure of its class or not.
  samples.say(up, 0.9F, 3, 0.9F).say(up, 0.9F, 4, 0.4F).quiet(1);
  ASSERT_EQ(labels(samples.ended()), std::vector<int>{up});
  EXPECT_NEAR(samples.ended()[0].end, 1.3, 1e-9);
}

TEST(EventDecoder, WhatIsSaidWhileAnActionFadesDoesNotRenameIt) {
  Samples samples;
  samples.say(up, 0.8F, 9).say(star, 0.4F, 3).quiet(1);
  EXPECT_EQ(labels(samples.ended()), std::vector<int>{up});
}

TEST(EventDecoder, TheStreamsEndAndAGapEndWhatIsUnderWay) {
  Samples samples;
  samples.say(up, 0.9F, 5).gap(20).say(up, 0.9F, 5).gap();
  const std::vector<EventChange> ended = samples.ended();
  ASSERT_EQ(labels(ended), (std::vector<int>{up, up}));
  EXPECT_NEAR(ended[0].end, 0.5, 1e-9);
  EXPECT_NEAR(ended[1].start, 2.5, 1e-9);
  EXPECT_NEAR(ended[1].end, 3.0, 1e-9);
}

TEST(EventDecoder, AMissingWindowLosesNoEvent) {
  Samples samples;
  samples.say(up, 0.9F, 3).miss(4).say(up, 0.9F, 3).quiet(1);
  ASSERT_EQ(labels(samples.ended()), std::vector<int>{up});
  EXPECT_NEAR(samples.ended()[0].end, 1.0, 1e-9);
}

TEST(EventDecoder, WhatIsTooShortIsNeverTold) {
  EventOptions options;
  options.shortest = 0.3;
  Samples samples(options);
  samples.say(up, 0.9F, 2).quiet(3).say(down, 0.9F, 3).quiet(3);
  ASSERT_EQ(labels(samples.changes()), (std::vector<int>{down, down}));
  EXPECT_EQ(samples.changes()[0].number, 0);
  EXPECT_NEAR(samples.changes()[0].decided, 0.7, 1e-9);
}

TEST(EventDecoder, SmoothingTakesOutASinglePeak) {
  EventOptions options;
  options.smooth = 0.3;
  Samples samples(options);
  samples.quiet(5).say(up, 0.9F, 1).quiet(5);
  EXPECT_TRUE(samples.changes().empty());
  samples.say(down, 0.9F, 5).quiet(5);
  EXPECT_EQ(labels(samples.ended()), std::vector<int>{down});
}

TEST(EventDecoder, AClassMayHaveThresholdsOfItsOwn) {
  EventOptions options;
  options.classes["star"] = {0.8, 0.7};
  Samples samples(options);
  samples.say(star, 0.75F, 5).say(up, 0.75F, 5).quiet(1).say(star, 0.85F, 2, 0.96F).say(star, 0.65F, 2);
  EXPECT_EQ(labels(samples.ended()), (std::vector<int>{up, star}));
}

TEST(EventDecoder, NoActionBeginsBeforeTheOneAheadIsOver) {
  Samples samples;
  samples.say(up, 0.9F, 5).quiet(1).began(-3).say(down, 0.9F, 5).quiet(1);
  EXPECT_GE(samples.ended()[1].start, samples.ended()[0].end);
}

TEST(EventDecoder, TheTrailIsTakenOffTheEnd) {
  EventOptions options;
  options.trail = 0.3;
  Samples samples(options);
  samples.say(up, 0.9F, 8).quiet(1).say(up, 0.9F, 8).gap();
  EXPECT_NEAR(samples.ended()[0].end, 0.5, 1e-9);
  EXPECT_NEAR(samples.ended()[1].end, 1.7, 1e-9) << "cut off, not over";
}

TEST(EventDecoder, UpdatesComeWithEachObservation) {
  EventOptions options;
  options.updates = true;
  Samples samples(options);
  samples.say(up, 0.9F, 4).quiet(1);
  std::vector<EventChange::Kind> kinds;
  for (const EventChange& change : samples.changes()) kinds.push_back(change.kind);
  EXPECT_EQ(kinds, (std::vector{EventChange::begun, EventChange::updated, EventChange::updated,
                                EventChange::updated, EventChange::ended}));
  EXPECT_NEAR(samples.changes()[2].end, 0.3, 1e-9);
}

TEST(EventDecoder, SamplesThatAreNoNumbersEndAnEvent) {
  Samples samples;
  samples.say(up, 0.9F, 5).say(up, std::numeric_limits<float>::quiet_NaN(), 5);
  EXPECT_EQ(labels(samples.ended()), std::vector<int>{up});
}

// Scores of a network trained on cut clips, over windows: two seconds long, one each half second.
std::vector<EventChange> over_windows(const std::vector<std::vector<float>>& windows,
                                      EventOptions options = {},
                                      const std::vector<std::string>& classes = kClasses, double hop = 0.5) {
  options.end = 0.4;  // above chance
  EventDecoder decoder(options, classes);
  std::vector<EventChange> ended;
  const auto add = [&](const std::vector<EventChange>& changes) {
    for (const EventChange& change : changes) {
      if (change.kind == EventChange::ended) ended.push_back(change);
    }
  };
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const double start = static_cast<double>(i) * hop;
    add(decoder.observe({start, start + 2, windows[i]}));
  }
  add(decoder.finish());
  return ended;
}

TEST(EventDecoder, AWindowSpeaksForTheStretchAroundItsMiddle) {
  const std::vector<float> nothing = mostly(up, 0.34F);
  const auto ended = over_windows({nothing, nothing, mostly(up), mostly(up), mostly(up), nothing, nothing});
  ASSERT_EQ(labels(ended), std::vector<int>{up});
  // Middles of the first and the last such window: 2 s and 3 s.
  EXPECT_NEAR(ended[0].start, 1.75, 1e-9);
  EXPECT_NEAR(ended[0].end, 3.25, 1e-9);
}

TEST(EventDecoder, AStreamsFirstAndLastWindowsSpeakForItsEdges) {
  const auto ended = over_windows({mostly(up), mostly(up), mostly(down), mostly(down)});
  ASSERT_EQ(labels(ended), (std::vector<int>{up, down}));
  EXPECT_NEAR(ended[0].start, 0, 1e-9);
  EXPECT_NEAR(ended[0].end, 1.75, 1e-9);
  EXPECT_NEAR(ended[1].start, 1.75, 1e-9);
  EXPECT_NEAR(ended[1].end, 3.5, 1e-9);
}

TEST(EventDecoder, WindowsThatDoNotOverlapSpeakForThemselves) {
  const std::vector<float> nothing = mostly(up, 0.34F);
  const auto ended = over_windows({nothing, mostly(up), nothing}, {}, kClasses, 2);
  ASSERT_EQ(labels(ended), std::vector<int>{up});
  EXPECT_NEAR(ended[0].start, 2, 1e-9);
  EXPECT_NEAR(ended[0].end, 4, 1e-9);
}

TEST(EventDecoder, AClassThatStandsForNoActionIsNoEvent) {
  const std::vector<std::vector<float>> windows{mostly(star), mostly(up), mostly(star)};
  EXPECT_EQ(labels(over_windows(windows, {}, {"up", "down", "none"})), std::vector<int>{up});
  EventOptions options;
  options.none = {"up", "down"};
  EXPECT_EQ(labels(over_windows(windows, options)), (std::vector<int>{star, star}));
}

TEST(EventOptions, AreReadAndChecked) {
  config::Diagnostics diagnostics;
  const auto value = config::parse(
      "{begin: 0.6, classes: {up: {begin: 0.2, end: 0.3}, down: {begin: 0.1}}, none: rest}", "test");
  const auto options = config::read<EventOptions>(value, diagnostics);
  ASSERT_EQ(diagnostics.list().size(), 1U);
  EXPECT_THAT(diagnostics.list()[0].message, testing::HasSubstr("classes.up: end is above begin"));
  EXPECT_EQ(options.end_of("down"), 0.1) << "the end's default is no error where begin is lower";
  EXPECT_EQ(options.unknown_label({"up", "down"}), "rest");
}

}  // namespace
}  // namespace actionflow
