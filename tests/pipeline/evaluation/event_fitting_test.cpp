// What is chosen for events, on streams whose scores are drawn here, so that the best choice is known.
#include "pipeline/evaluation/streams/event_fitting.h"

#include <gmock/gmock.h>

#include "base/random.h"
#include "nodes/events/calibrated_options.h"
#include "pipeline/evaluation/clips/clip_calibration.h"
#include "pipeline/evaluation/streams/stream_evaluation.h"

namespace actionflow::testing {
namespace {

constexpr double kInterval = 0.1;
const std::vector<std::string> kClasses{"wave", "stop", "turn"};

// Samples one after another, at ten a second.
class DrawnStream {
 public:
  // Nothing but a low hum.
  DrawnStream& idle(int samples, float presence = 0.02F) { return say(samples, 0, presence); }

  // Something of a class (−1: of none), called `said` at `presence` from its 60th percent to its end.
  DrawnStream& movement(int label, int samples, int said, float presence) {
    const double start = now();
    const int late = samples * 2 / 5;
    add(samples - late, said, 0.02F, start);
    add(late, said, presence, start);
    stream_.actions.push_back({label, start, now()});
    return *this;
  }

  DrawnStream& say(int samples, int label, float presence) {
    return say_since(now(), samples, label, presence);
  }
  // Of what began at `start`.
  DrawnStream& say_since(double start, int samples, int label, float presence) {
    add(samples, label, presence, start);
    return *this;
  }

  operator ScoredStream() const {
    ScoredStream whole = stream_;
    whole.interval = kInterval;
    whole.seconds = now();
    return whole;
  }

 private:
  double now() const { return kInterval * static_cast<double>(stream_.observations.size()); }

  void add(int samples, int label, float presence, double begun) {
    constexpr float kSure = 0.8F;
    for (int i = 0; i < samples; ++i) {
      std::vector<float> which(kClasses.size(), (1 - kSure) / static_cast<float>(kClasses.size() - 1));
      which[static_cast<std::size_t>(label)] = kSure;
      const auto elapsed = static_cast<float>(now() - begun);
      stream_.observations.push_back({now(), now() + kInterval, std::move(which), presence, elapsed});
    }
  }

  ScoredStream stream_{.name = "drawn"};
};

double accuracy(const ScoredStream& stream, const Calibration& calibration) {
  const std::vector detected{detect_actions(stream, calibrated_options(*calibration.events), kClasses)};
  return *levenshtein_accuracy(detected);
}

// Actions reach 0.8 at a class of 0.8, movements of no class 0.4: anything between tells them apart.
TEST(EventFitting, BeginsInTheMiddleBetweenActionsAndOtherMovements) {
  DrawnStream stream;
  for (int i = 0; i < 6; ++i)
    stream.idle(10).movement(i % 3, 20, i % 3, 0.8F).idle(10).movement(-1, 20, i % 3, 0.4F);
  const std::vector<ScoredStream> streams{stream.idle(10)};
  const Calibration fitted = fit_events(streams, kClasses);
  EXPECT_EQ(accuracy(streams[0], fitted), 1);
  EXPECT_NEAR(fitted.events->thresholds.begin, 0.48, 0.051);
  EXPECT_GT(fitted.events->thresholds.end, 0.1);
  EXPECT_LT(fitted.events->thresholds.end, 0.6);
  // Nothing is gained by what would delay the answer, nor by thresholds of single classes.
  EXPECT_EQ(fitted.events->smooth, 0);
  EXPECT_EQ(fitted.events->merge, 0);
  EXPECT_TRUE(fitted.events->classes.empty());
}

TEST(EventFitting, AsksForDurationWhereFalseAlarmsAreAsSureButShorter) {
  DrawnStream stream;
  for (int i = 0; i < 6; ++i) stream.idle(10).movement(i % 2, 30, i % 2, 0.8F).idle(10).say(2, 2, 0.95F);
  const std::vector<ScoredStream> streams{stream.idle(10)};
  const Calibration fitted = fit_events(streams, kClasses);
  EXPECT_EQ(accuracy(streams[0], fitted), 1);
  EXPECT_GT(fitted.events->shortest + fitted.events->smooth, 0.2);
}

TEST(EventFitting, BridgesGapsInsideAnAction) {
  DrawnStream stream;
  for (int i = 0; i < 6; ++i) stream.idle(15).movement(i % 3, 20, i % 3, 0.8F).idle(2).say(6, i % 3, 0.8F);
  const std::vector<ScoredStream> streams{stream.idle(15)};
  const Calibration fitted = fit_events(streams, kClasses);
  EXPECT_EQ(accuracy(streams[0], fitted), 1);
  EXPECT_GT(fitted.events->merge + fitted.events->smooth, 0.1);
}

// "turn" never gets above 0.4, which "stop" reaches in movements of no class.
TEST(EventFitting, GivesAClassThresholdsOfItsOwnWhereThereAreEnough) {
  const auto drawn = [](int each) {
    DrawnStream stream;
    for (int i = 0; i < each; ++i)
      stream.idle(10)
          .movement(1, 20, 1, 0.9F)
          .idle(10)
          .movement(2, 20, 2, 0.4F)
          .idle(10)
          .movement(-1, 20, 1, 0.5F);
    return std::vector<ScoredStream>{stream.idle(10)};
  };
  const auto many = drawn(kLeastActionsOfClass);
  const Calibration fitted = fit_events(many, kClasses);
  EXPECT_EQ(accuracy(many[0], fitted), 1);
  EXPECT_EQ(fitted.events->classes.size(), 1U);
  const auto few = drawn(kLeastActionsOfClass - 1);
  EXPECT_TRUE(fit_events(few, kClasses).events->classes.empty());
}

// Half as many edits where "turn" is never told, since more movements of no class look like it than are it.
TEST(EventFitting, SilencesNoClassForItsFalseEvents) {
  DrawnStream stream;
  for (int i = 0; i < kLeastActionsOfClass; ++i) {
    stream.idle(10).movement(1, 20, 1, 0.9F).idle(10).movement(2, 20, 2, 0.9F);
    for (int other = 0; other < 2; ++other) stream.idle(10).movement(-1, 20, 2, 0.9F);
  }
  const std::vector<ScoredStream> streams{stream.idle(10)};
  const auto fitted = calibrated_options(*fit_events(streams, kClasses).events);
  const std::vector detected{detect_actions(streams[0], fitted, kClasses)};
  EXPECT_EQ(measure_events(detected, 3).per_class[2].half.recall, 1);
}

// Actions and other movements of all lengths and strengths, with false alarms between.
ScoredStream noisy(std::uint64_t seed, int movements) {
  Random random(seed, "noisy stream");
  DrawnStream stream;
  const auto below = [&](std::uint64_t most) { return static_cast<int>(random.below(most)); };
  for (int i = 0; i < movements; ++i) {
    const bool other = random.chance(0.3);
    const int label = below(3), said = random.chance(0.1) ? below(3) : label;
    const double peak = other ? random.beta(1.5, 4) : random.beta(7, 1.6);
    stream.idle(2 + below(10)).movement(other ? -1 : label, 12 + below(40), said, static_cast<float>(peak));
    if (random.chance(0.2)) stream.idle(3).say(1 + below(6), below(3), random.uniform());
  }
  return stream.idle(5);
}

// Twenty to thirty actions are few: what is best on them by chance must not be worse on others than no
// choice.
TEST(EventFitting, WhatIsChosenOnFewStreamsServesOthers) {
  double fitted = 0, unfitted = 0;
  constexpr int kDraws = 30;
  for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
    const std::vector<ScoredStream> few{noisy(10 * draw, 18), noisy(10 * draw + 1, 18)};
    const Calibration chosen = fit_events(few, kClasses);
    for (std::uint64_t other = 2; other < 6; ++other) {
      const std::vector<ScoredStream> unseen{noisy(10 * draw + other, 40)};
      fitted += *levenshtein_accuracy(detect_actions(unseen, calibrated_options(*chosen.events), kClasses));
      unfitted += *levenshtein_accuracy(detect_actions(unseen, EventOptions{}, kClasses));
    }
  }
  fitted /= 4 * kDraws;
  EXPECT_GT(fitted, unfitted / kDraws / 4 + 0.04);
  EXPECT_GT(fitted, 0.785);
}

TEST(EventFitting, TheTrailIsHowMuchTooLongTheMedianLasts) {
  DrawnStream stream;
  for (int i = 0; i < 6; ++i) stream.idle(10).movement(0, 20, 0, 0.8F).say(3, 0, 0.8F);
  const std::vector<ScoredStream> streams{stream.idle(10)};
  const Calibration fitted = fit_events(streams, kClasses);
  EXPECT_NEAR(fitted.events->trail, 0.3, 1e-6);
  const auto detected = detect_actions(streams[0], calibrated_options(*fitted.events), kClasses);
  EXPECT_NEAR(detected.detected[0].end, detected.actions[0].end, 1e-6);
}

// The class that is said at 0.8 is the true one half of the time.
TEST(EventFitting, TheTemperatureIsOfTheSurestMoments) {
  DrawnStream stream;
  for (int i = 0; i < 2 * static_cast<int>(kLeastAnswers); ++i)
    stream.idle(10).movement(i % 2 == 0 ? 0 : 1, 20, 0, 0.9F);
  const std::vector<ScoredStream> streams{stream.idle(10)};
  const Calibration fitted = fit_events(streams, kClasses);
  ASSERT_TRUE(fitted.temperature.has_value());
  const std::vector<float> said = at_temperature({0.8F, 0.1F, 0.1F}, *fitted.temperature);
  // 0.5 · ln p + 0.5 · ln((1 − p) / 2) is greatest at p = 0.5.
  EXPECT_NEAR(said[0], 0.5, 0.01);
  const std::vector<ScoredStream> few{DrawnStream().idle(9).movement(0, 20, 0, 0.9F).idle(9)};
  EXPECT_FALSE(fit_events(few, kClasses).temperature.has_value());
}

TEST(EventFitting, ChoosesNothingWhereNothingHappens) {
  const std::vector<ScoredStream> streams{DrawnStream().idle(50).movement(-1, 20, 0, 0.9F)};
  const Calibration fitted = fit_events(streams, kClasses);
  EXPECT_FALSE(fitted.events.has_value());
  EXPECT_FALSE(fit_events({}, kClasses).events.has_value());
}

// Windows of a network that was trained on cut clips: no "whether", classes' own probabilities.
TEST(EventFitting, ServesNetworksThatDoNotSayWhetherThereIsAnAction) {
  ScoredStream stream{.name = "windows", .seconds = 200, .interval = kInterval};
  for (int i = 0; i < 19; ++i) stream.actions.push_back({i % 3, 10.0 * i + 2, 10.0 * i + 6});
  for (double start = 0; start < 198; start += 0.3) {
    const double middle = start + 1;
    std::vector<float> which{0.4F, 0.3F, 0.3F};
    for (const TimedAction& action : stream.actions) {
      if (middle < action.start || middle > action.end) continue;
      which.assign(3, 0.1F);
      which[static_cast<std::size_t>(action.label)] = 0.8F;
    }
    stream.observations.push_back({start, start + 2, std::move(which), std::nullopt, 0});
  }
  const Calibration fitted = fit_events({&stream, 1}, kClasses);
  EXPECT_EQ(accuracy(stream, fitted), 1);
  EXPECT_GT(fitted.events->thresholds.begin, 0.4);
  EXPECT_LT(fitted.events->thresholds.begin, 0.8);
}

TEST(DetectActions, AClipOfNoClassSaysNothing) {
  ScoredStream stream{.name = "windows", .seconds = 30, .interval = kInterval};
  for (int i = 0; i < 30; ++i) {
    const float best = i >= 5 && i < 10 ? 0.9F : i >= 20 && i < 25 ? 0.6F : 0.4F;
    stream.observations.push_back(
        {1.0 * i, i + 1.0, {best, (1 - best) / 2, (1 - best) / 2}, std::nullopt, 0});
  }
  Calibration calibration{
      .chosen_on = "val", .temperature = {}, .none_below = {}, .events = EventCalibration{}};
  calibration.events->thresholds = {0.5, 0.45};
  EXPECT_EQ(detect_calibrated({&stream, 1}, calibration, kClasses)[0].detected.size(), 2U);
  calibration.none_below = 0.7;
  EXPECT_EQ(detect_calibrated({&stream, 1}, calibration, kClasses)[0].detected.size(), 1U);
}

TEST(DetectActions, SaysWhenTheFinalNameWasFirstGiven) {
  // At 1 s an action begins as "wave", from 1.5 s on it is "stop", and at 2 s it is over.
  const ScoredStream stream = DrawnStream().idle(10).say(5, 0, 0.9F).say_since(1, 5, 1, 0.9F).idle(10);
  EventOptions options;
  options.updates = true;
  const StreamDetections updated = detect_actions(stream, options, kClasses);
  ASSERT_EQ(updated.detected.size(), 1U);
  EXPECT_EQ(updated.detected[0].label, 1);
  EXPECT_NEAR(updated.detected[0].named, 1.5, 1e-6);
  EXPECT_NEAR(updated.detected[0].over, 2, 1e-6);
  // Without lines in between the end says it.
  options.updates = false;
  EXPECT_NEAR(detect_actions(stream, options, kClasses).detected[0].named, 2, 1e-6);
}

}  // namespace
}  // namespace actionflow::testing
