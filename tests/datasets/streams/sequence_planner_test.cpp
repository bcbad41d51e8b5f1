// What sequences of streams show, drawn from lists; no video is looked at.
#include "datasets/streams/sequence_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "base/error.h"

namespace actionflow {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;

const std::vector<std::string> kClasses{"left", "right", "star"};

VideoEntry clip(int label) {
  VideoEntry entry;
  if (label >= 0) entry.labels = {label};
  return entry;
}

class SequencePlannerTest : public ::testing::Test {
 protected:
  SequencePlannerTest() {
    input_.frames = 150;
    input_.frame_rate = 10;
    options_.idle = options_.other = options_.pieces = options_.fades = 0;
    for (int i = 0; i < 30; ++i) add(clip(i % 3), 1 + 0.2 * i);
  }

  void add(VideoEntry entry, double seconds) {
    entries_.push_back(std::move(entry));
    seconds_.push_back(seconds);
  }
  const SequencePlanner& planner() {
    augmenter_.emplace(augment_, SamplingOptions{}, input_, kClasses);
    planner_.emplace(entries_, seconds_, *augmenter_, options_);
    return *planner_;
  }
  std::vector<StreamPlan> epoch(const SequencePlanner& planner, std::uint32_t number = 0) {
    std::vector<StreamPlan> plans;
    for (std::int64_t i = 0; i < planner.sequences(); ++i) plans.push_back(planner.plan(5, number, i));
    return plans;
  }

  InputSpec input_;
  AugmentOptions augment_;
  StreamOptions options_;
  std::vector<VideoEntry> entries_;
  std::vector<double> seconds_;
  std::optional<Augmenter> augmenter_;
  std::optional<SequencePlanner> planner_;
};

TEST_F(SequencePlannerTest, AnEpochHoldsEveryClipAboutOnceAndEveryMomentIsShown) {
  const SequencePlanner& planned = planner();
  EXPECT_EQ(planned.sequences(), 8);  // 117 s of clips in sequences of 15 s
  std::map<int, int> shown;
  for (const StreamPlan& plan : epoch(planned)) {
    EXPECT_LE(plan.pieces.front().start, 0);
    for (std::size_t i = 0; i < plan.pieces.size(); ++i) {
      const StreamPiece& piece = plan.pieces[i];
      const double end = i + 1 < plan.pieces.size() ? plan.pieces[i + 1].start : plan.seconds;
      EXPECT_LT(piece.start, end);
      const int entry = plan.takes[piece.take].entry;
      ++shown[entry];
      EXPECT_LE(piece.moment(end), seconds_[static_cast<std::size_t>(entry)] + 1e-9);
    }
  }
  // Those that begin with a clip's beginning end so much earlier.
  EXPECT_GE(shown.size(), entries_.size() - 2);
  for (const auto& [entry, times] : shown) EXPECT_LE(times, 2);
}

TEST_F(SequencePlannerTest, WholeClipsStandOneAfterAnotherAndAreTheActions) {
  for (const StreamPlan& plan : epoch(planner())) {
    ASSERT_EQ(plan.actions.size(), plan.pieces.size());
    for (std::size_t i = 0; i < plan.pieces.size(); ++i) {
      const int entry = plan.takes[plan.pieces[i].take].entry;
      const TimedAction& action = plan.actions[i];
      EXPECT_EQ(action.label, entries_[static_cast<std::size_t>(entry)].labels.front());
      EXPECT_DOUBLE_EQ(action.start, plan.pieces[i].start);
      EXPECT_NEAR(action.end - action.start, seconds_[static_cast<std::size_t>(entry)], 1e-9);
      EXPECT_EQ(plan.pieces[i].moment(action.start), 0);
    }
  }
}

TEST_F(SequencePlannerTest, BeginsInTheMiddleOfActionsAndSometimesWithOne) {
  options_.sequences = 400;
  int begun = 0;
  double elapsed = 0;
  for (const StreamPlan& plan : epoch(planner())) {
    begun += plan.begins;
    if (plan.begins) {
      EXPECT_EQ(plan.pieces.front().start, 0);
    } else {
      elapsed -= plan.actions.front().start;
    }
  }
  EXPECT_NEAR(begun, 100, 30);
  // Half of the action that holds a moment drawn from all moments: Σ d² / (2 Σ d).
  double squares = 0, sum = 0;
  for (const double seconds : seconds_) {
    squares += seconds * seconds;
    sum += seconds;
  }
  EXPECT_NEAR(elapsed / (400 - begun), squares / (2 * sum), 0.3);
}

TEST_F(SequencePlannerTest, IsAFunctionOfSeedEpochAndSample) {
  options_.idle = options_.pieces = options_.fades = 0.5;
  const SequencePlanner& planned = planner();
  const auto starts = [&](std::uint64_t seed, std::uint32_t number, std::int64_t sample) {
    std::vector<double> all;
    for (const StreamPiece& piece : planned.plan(seed, number, sample).pieces) {
      all.push_back(piece.start);
      all.push_back(piece.speed);
    }
    return all;
  };
  EXPECT_EQ(starts(5, 1, 2), starts(5, 1, 2));
  EXPECT_NE(starts(5, 1, 2), starts(6, 1, 2));
  EXPECT_NE(starts(5, 1, 2), starts(5, 2, 2));
  EXPECT_NE(starts(5, 1, 2), starts(5, 1, 3));
}

TEST_F(SequencePlannerTest, IdleTimeShowsTheEndsOfItsNeighboursAndBelongsToNoAction) {
  options_.idle = 1;
  options_.idle_seconds = {0.5, 1.5};
  options_.sequences = 60;
  int held = 0, moving = 0;
  for (const StreamPlan& plan : epoch(planner())) {
    for (std::size_t i = 0; i + 1 < plan.actions.size(); ++i) {
      const double gap = plan.actions[i + 1].start - plan.actions[i].end;
      EXPECT_GT(gap, 0.5 - 1e-9);
      EXPECT_LT(gap, 1.5 + 1e-9);
    }
    for (const StreamPiece& piece : plan.pieces) {
      const bool action = piece.speed == 1 && piece.reach == 0;
      if (action) continue;
      ++(piece.speed == 0 ? held : moving);
      const double seconds = seconds_[static_cast<std::size_t>(plan.takes[piece.take].entry)];
      for (double t = piece.start; t < piece.start + 1.5; t += 0.1) {
        const double moment = piece.moment(t);
        EXPECT_GE(moment, -1e-9);
        EXPECT_LE(moment, seconds + 1e-9);
        EXPECT_LE(std::min(moment, seconds - moment), 0.5 + 1e-9);  // near one of the clip's ends
      }
    }
  }
  EXPECT_GT(held, 50);
  EXPECT_GT(moving, 50);
}

TEST_F(SequencePlannerTest, IdleTimeGoesOverIntoTheMovementWithoutALeap) {
  options_.idle = 1;
  options_.sequences = 40;
  for (const StreamPlan& plan : epoch(planner())) {
    for (std::size_t i = 1; i < plan.pieces.size(); ++i) {
      const StreamPiece &before = plan.pieces[i - 1], &piece = plan.pieces[i];
      if (before.take == piece.take) {
        EXPECT_NEAR(before.moment(piece.start), piece.moment(piece.start), 1e-9);
      }
    }
  }
}

TEST_F(SequencePlannerTest, OtherMovementsAreOfNoClass) {
  for (int i = 0; i < 4; ++i) add(clip(-1), 2);
  options_.other = 0.5;
  options_.sequences = 100;
  int other = 0, of_class = 0;
  for (const StreamPlan& plan : epoch(planner())) {
    for (std::size_t i = 0; i < plan.pieces.size(); ++i) {
      const bool is_other = plan.takes[plan.pieces[i].take].entry >= 30;
      EXPECT_EQ(plan.actions[i].label < 0, is_other);
      ++(is_other ? other : of_class);
    }
  }
  EXPECT_NEAR(other, of_class, 0.15 * of_class);
}

TEST_F(SequencePlannerTest, APieceOfAClipIsOfNoClassAndNeverTheWholeClip) {
  options_.pieces = 0.5;
  options_.sequences = 60;
  int pieces = 0, whole = 0;
  for (const StreamPlan& plan : epoch(planner())) {
    for (std::size_t i = 0; i < plan.pieces.size(); ++i) {
      const double seconds = seconds_[static_cast<std::size_t>(plan.takes[plan.pieces[i].take].entry)];
      const double shown = plan.actions[i].end - plan.actions[i].start;
      if (plan.actions[i].label < 0) {
        EXPECT_LE(shown, 0.6 * seconds + 1e-9);
      }
      ++(plan.actions[i].label < 0 ? pieces : whole);
    }
  }
  EXPECT_GT(pieces, whole / 2);
  EXPECT_GT(whole, pieces / 2);
}

TEST_F(SequencePlannerTest, MirroredAndReversedClipsChangeTheirLabelsAsToldAndLoseThemWhereTold) {
  augment_.flip = augment_.reverse = 1;
  augment_.flip_labels = {{"left", "right"}};
  augment_.reverse_labels = {{"star", ""}};
  for (const StreamPlan& plan : epoch(planner())) {
    for (std::size_t i = 0; i < plan.pieces.size(); ++i) {
      const StreamPiece& piece = plan.pieces[i];
      const int was = entries_[static_cast<std::size_t>(plan.takes[piece.take].entry)].labels.front();
      EXPECT_EQ(plan.actions[i].label, was == 0 ? 1 : was == 1 ? 0 : -1);
      EXPECT_EQ(piece.speed, was == 2 ? -1 : 1);
      EXPECT_TRUE(plan.takes[piece.take].change.geometry.mirrored);
    }
  }
}

TEST_F(SequencePlannerTest, SpeedAndTrimChangeWhatIsShownAndTheTimesWithIt) {
  options_.slowest = 0.5;
  options_.fastest = 2;
  options_.trim = 0.2;
  std::set<double> speeds;
  for (const StreamPlan& plan : epoch(planner())) {
    for (std::size_t i = 0; i + 1 < plan.pieces.size(); ++i) {
      const StreamPiece& piece = plan.pieces[i];
      const double seconds = seconds_[static_cast<std::size_t>(plan.takes[piece.take].entry)];
      speeds.insert(piece.speed);
      EXPECT_DOUBLE_EQ(plan.actions[i].start, piece.start);
      EXPECT_NEAR(plan.actions[i].end, plan.pieces[i + 1].start, 1e-9);
      const double shown = (plan.actions[i].end - plan.actions[i].start) * piece.speed;
      EXPECT_GE(shown, 0.6 * seconds - 1e-9);
      EXPECT_LE(piece.from, 0.2 * seconds);
      EXPECT_LE(piece.from + shown, seconds + 1e-9);
    }
  }
  EXPECT_GT(*speeds.rbegin() / *speeds.begin(), 2);
}

TEST_F(SequencePlannerTest, CrossFadesStandAtCutsOnlyAndEndBeforeTheNextCut) {
  options_.fades = 1;
  options_.idle = 0.5;
  int fades = 0;
  for (const StreamPlan& plan : epoch(planner())) {
    EXPECT_EQ(plan.pieces.front().fade, 0);
    for (std::size_t i = 1; i < plan.pieces.size(); ++i) {
      const bool cut = plan.pieces[i].take != plan.pieces[i - 1].take;
      EXPECT_EQ(plan.pieces[i].fade > 0, cut);
      if (cut && i + 1 < plan.pieces.size()) {
        EXPECT_LE(plan.pieces[i].start + plan.pieces[i].fade, plan.pieces[i + 1].start + 1e-9);
      }
      fades += cut;
    }
  }
  EXPECT_GT(fades, 10);
}

TEST_F(SequencePlannerTest, AnUncutVideoIsShownFromWhereverTheSequenceBegins) {
  entries_.clear();
  seconds_.clear();
  VideoEntry film;
  film.timed = true;
  film.actions = {{0, 10, 12}, {2, 40, 45}, {1, 90, 93}};
  add(film, 100);
  options_.sequences = 50;
  std::set<int> labels;
  for (const StreamPlan& plan : epoch(planner())) {
    for (const TimedAction& action : plan.actions) {
      labels.insert(action.label);
      EXPECT_GT(action.end + options_.targets.linger, 0);
      EXPECT_LT(action.start, plan.seconds);
    }
    const StreamPiece& piece = plan.pieces.front();
    // What the list says of the moment that is shown holds of the stream.
    for (double t = 0.05; t < 15 && (plan.pieces.size() == 1 || t < plan.pieces[1].start); t += 0.1) {
      const double moment = piece.moment(t);
      const auto holds = [](double at) {
        return [at](const TimedAction& action) { return action.start <= at && at < action.end; };
      };
      EXPECT_EQ(std::count_if(plan.actions.begin(), plan.actions.end(), holds(t)),
                std::count_if(film.actions.begin(), film.actions.end(), holds(moment)));
    }
  }
  EXPECT_EQ(labels.size(), 3U);
}

TEST_F(SequencePlannerTest, WhatCannotBeReadIsReplacedAndNamed) {
  const SequencePlanner& planned = planner();
  std::set<int> substituted;
  for (std::int64_t i = 0; i < planned.sequences(); ++i) {
    const PlannedSequence drawn = planned.plan(5, 0, i, [](int entry) { return entry % 5 != 0; });
    substituted.insert(drawn.substituted.begin(), drawn.substituted.end());
    for (const StreamTake& take : drawn.plan.takes) EXPECT_NE(take.entry % 5, 0);
  }
  EXPECT_THAT(substituted, Each(::testing::ResultOf([](int entry) { return entry % 5; }, 0)));
  EXPECT_THAT(substituted, ::testing::Not(IsEmpty()));
  EXPECT_THROW(planned.plan(5, 0, 0, [](int) { return false; }), SourceError);
}

TEST_F(SequencePlannerTest, WithoutOneReadableVideoOfAClassThereAreNoStreams) {
  seconds_.assign(seconds_.size(), 0);
  add(clip(-1), 3);
  EXPECT_THROW(planner(), SourceError);
}

}  // namespace
}  // namespace actionflow
