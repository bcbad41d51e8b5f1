// Measures of detected actions. Expected numbers are worked out by hand beside each case, or come from a
// plain reference below that follows ActivityNet's evaluation tool (eval_detection.py) line by line.
#include "pipeline/evaluation/streams/event_measures.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace actionflow::testing {
namespace {

DetectedAction detected(int label, double start, double end, float score = 0.5F) {
  return {label, score, start, end, end, end};
}

TEST(EventMeasures, EditsCountWhatIsMissingTooMuchAndConfused) {
  // True 0 1 2 1; said 0 2 2: one left out, one confused.
  const StreamDetections stream{"a",
                                20,
                                {{0, 0, 1}, {1, 2, 3}, {2, 4, 5}, {1, 6, 7}},
                                {detected(2, 4, 5), detected(0, 0, 1), detected(2, 2, 3)}};
  EXPECT_DOUBLE_EQ(*levenshtein_accuracy({&stream, 1}), 1 - 2.0 / 4);
  // Of two streams, edits and actions are summed, not averaged; a movement of no class is not asked for.
  const StreamDetections silent{"b", 20, {{-1, 0, 1}, {0, 3, 4}}, {}};
  const std::vector both{stream, silent};
  EXPECT_DOUBLE_EQ(*levenshtein_accuracy(both), 1 - 3.0 / 5);
}

TEST(EventMeasures, AccuracyFallsBelowZeroAndIsUndefinedWithoutActions) {
  const StreamDetections talkative{
      "a", 9, {{0, 0, 1}}, {detected(1, 2, 3), detected(1, 4, 5), detected(1, 6, 7)}};
  EXPECT_DOUBLE_EQ(*levenshtein_accuracy({&talkative, 1}), -2);
  const StreamDetections idle{"b", 9, {}, {detected(1, 2, 3)}};
  EXPECT_FALSE(levenshtein_accuracy({&idle, 1}).has_value());
}

TEST(EventMeasures, OverlapIsIntersectionOverUnion) {
  EXPECT_DOUBLE_EQ(temporal_overlap(0, 4, 2, 6), 2.0 / 6);
  EXPECT_DOUBLE_EQ(temporal_overlap(0, 4, 1, 2), 0.25);
  EXPECT_DOUBLE_EQ(temporal_overlap(0, 1, 1, 2), 0);
  EXPECT_DOUBLE_EQ(temporal_overlap(1, 1, 1, 1), 0);
}

TEST(EventMeasures, AnActionIsFoundOnceByTheSurestEventThatReachesTheOverlap) {
  const StreamDetections stream{"a",
                                100,
                                {{0, 0, 10}, {0, 20, 30}},
                                {detected(0, 0, 10, 0.6F),     // whole, but less sure than the next
                                 detected(0, 2, 8, 0.9F),      // overlap 0.6
                                 detected(0, 24, 28, 0.8F),    // 0.4: found at 0.3, false at 0.5
                                 detected(1, 20, 30, 0.7F)}};  // another label
  const OverlapScore loose = score_at_overlap({&stream, 1}, 0.3);
  EXPECT_DOUBLE_EQ(loose.precision, 2.0 / 4);
  EXPECT_DOUBLE_EQ(loose.recall, 1);
  EXPECT_DOUBLE_EQ(loose.f1, 2.0 / 3);
  const OverlapScore half = score_at_overlap({&stream, 1}, 0.5);
  EXPECT_DOUBLE_EQ(half.precision, 1.0 / 4);
  EXPECT_DOUBLE_EQ(half.recall, 1.0 / 2);
  const auto matches = match_detections({&stream, 1}, 0.5);
  ASSERT_EQ(matches.size(), 4U);
  EXPECT_EQ(matches[0].detection, 1U);
  EXPECT_EQ(matches[0].action, 0);
  EXPECT_DOUBLE_EQ(matches[0].overlap, 0.6);
}

TEST(EventMeasures, DelaysAreTheProgramsWordMinusTheTrueMoment) {
  StreamDetections stream{"a", 100, {}, {}};
  // Named 1, 2 … 5 s after the start; over 0.5 s before the end to 0.3 s after it.
  for (int i = 0; i < 5; ++i) {
    const double start = 20.0 * i;
    stream.actions.push_back({0, start, start + 10});
    DetectedAction one = detected(0, start, start + 10);
    one.named = start + 1 + i;
    one.over = start + 10 - 0.5 + 0.2 * i;
    stream.detected.push_back(one);
  }
  stream.detected.push_back(detected(0, 95, 99));  // finds nothing: no delay
  const EventMeasures measures = measure_events({&stream, 1}, 1);
  EXPECT_DOUBLE_EQ(*measures.start.p50, 3);
  EXPECT_DOUBLE_EQ(*measures.start.p90, 4.6);
  EXPECT_NEAR(*measures.end.p50, -0.1, 1e-12);
  EXPECT_NEAR(*measures.end.p90, 0.22, 1e-12);
  EXPECT_FALSE(measure_events({}, 1).start.p50.has_value());
}

TEST(EventMeasures, FalseEventsAreThoseThatTouchNoActionOfAnyClass) {
  const std::vector<StreamDetections> streams{{"a",
                                               900,
                                               {{0, 0, 10}, {-1, 20, 30}},
                                               {detected(1, 9, 12),     // confused, yet something happened
                                                detected(1, 21, 25),    // on a movement of no class
                                                detected(1, 26, 29),    // the same movement again
                                                detected(0, 40, 41)}},  // in idle time
                                              {"b", 900, {{-1, 5, 6}}, {}}};
  const EventMeasures measures = measure_events(streams, 2);
  EXPECT_EQ(measures.streams, 2);
  EXPECT_DOUBLE_EQ(measures.seconds, 1800);
  EXPECT_EQ(measures.actions, 1);
  EXPECT_EQ(measures.events, 4);
  EXPECT_DOUBLE_EQ(measures.false_events, 3 * 2);
  EXPECT_EQ(measures.unknown, 2);
  EXPECT_EQ(measures.unknown_hit, 1);
}

TEST(EventMeasures, WhatIsDetectedInAmbiguousStretchesCountsNeitherWay) {
  StreamDetections stream{"a",
                          3600,
                          {{0, 0, 10}, {kAmbiguous, 8, 60}},
                          {detected(0, 0, 9.5),    // finds the action
                           detected(1, 20, 30),    // wholly inside
                           detected(1, 55, 64),    // for more than half
                           detected(1, 58, 70)}};  // for less
  leave_out_ambiguous(stream);
  ASSERT_EQ(stream.detected.size(), 2U);
  EXPECT_DOUBLE_EQ(stream.detected[1].start, 58);
  const EventMeasures measures = measure_events({&stream, 1}, 2);
  EXPECT_EQ(measures.actions, 1);
  EXPECT_EQ(measures.unknown, 0);
  EXPECT_DOUBLE_EQ(measures.false_events, 1);
}

TEST(EventMeasures, ClassesHaveTheirOwnLines) {
  const StreamDetections stream{
      "a",
      100,
      {{0, 0, 10}, {0, 20, 30}, {1, 40, 50}},
      {detected(0, 0, 10), detected(1, 20, 30), detected(1, 40, 50), detected(2, 60, 70)}};
  const EventMeasures measures = measure_events({&stream, 1}, 3);
  EXPECT_EQ(measures.per_class[0].actions, 2);
  EXPECT_EQ(measures.per_class[0].events, 1);
  EXPECT_DOUBLE_EQ(measures.per_class[0].half.precision, 1);
  EXPECT_DOUBLE_EQ(measures.per_class[0].half.recall, 0.5);
  EXPECT_DOUBLE_EQ(measures.per_class[1].half.precision, 0.5);
  EXPECT_DOUBLE_EQ(measures.per_class[1].half.recall, 1);
  EXPECT_FALSE(measures.per_class[2].average_precision.has_value());
}

// ---- average precision against ActivityNet's way, written plainly ----

// compute_average_precision_detection() of one class and one overlap.
double activitynet_ap(const std::vector<StreamDetections>& streams, int label, double threshold) {
  struct Prediction {
    std::size_t video;
    double start, end;
    float score;
  };
  struct Truth {
    std::size_t video;
    double start, end;
    bool locked;
  };
  std::vector<Prediction> predictions;
  std::vector<Truth> truths;
  for (std::size_t v = 0; v < streams.size(); ++v) {
    for (const auto& d : streams[v].detected)
      if (d.label == label) predictions.push_back({v, d.start, d.end, d.score});
    for (const auto& a : streams[v].actions)
      if (a.label == label) truths.push_back({v, a.start, a.end, false});
  }
  std::sort(predictions.begin(), predictions.end(),
            [](const Prediction& a, const Prediction& b) { return a.score > b.score; });
  std::vector<double> tp(predictions.size()), fp(predictions.size());
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const Prediction& p = predictions[i];
    std::vector<std::pair<double, std::size_t>> overlaps;
    for (std::size_t t = 0; t < truths.size(); ++t) {
      if (truths[t].video != p.video) continue;
      const double common =
          std::max(0.0, std::min(p.end, truths[t].end) - std::max(p.start, truths[t].start));
      overlaps.emplace_back(common / (p.end - p.start + truths[t].end - truths[t].start - common), t);
    }
    std::sort(overlaps.rbegin(), overlaps.rend());
    for (const auto& [overlap, t] : overlaps) {
      if (overlap < threshold) break;
      if (truths[t].locked) continue;
      tp[i] = 1;
      truths[t].locked = true;
      break;
    }
    fp[i] = 1 - tp[i];
  }
  std::partial_sum(tp.begin(), tp.end(), tp.begin());
  std::partial_sum(fp.begin(), fp.end(), fp.begin());
  std::vector<double> precision{0}, recall{0};
  for (std::size_t i = 0; i < tp.size(); ++i) {
    precision.push_back(tp[i] / (tp[i] + fp[i]));
    recall.push_back(tp[i] / static_cast<double>(truths.size()));
  }
  precision.push_back(0);
  recall.push_back(1);
  for (std::size_t i = precision.size() - 1; i > 0; --i)
    precision[i - 1] = std::max(precision[i - 1], precision[i]);
  double ap = 0;
  for (std::size_t i = 1; i < recall.size(); ++i)
    if (recall[i] != recall[i - 1]) ap += (recall[i] - recall[i - 1]) * precision[i];
  return ap;
}

// Streams of actions, and events that are some of these moved, with false ones between; no two scores equal.
std::vector<StreamDetections> drawn_streams(std::uint64_t seed, int classes) {
  std::vector<StreamDetections> streams;
  Random random(seed, "drawn streams", 0, 0);
  const auto below = [&](int most) { return static_cast<int>(random.uniform_double() * most); };
  for (int s = 0; s < 3; ++s) {
    StreamDetections stream{"s" + std::to_string(s), 0, {}, {}};
    for (int i = 0; i < 20; ++i) {
      const double start = stream.seconds + random.uniform_double(), length = 1 + 4 * random.uniform_double();
      stream.actions.push_back({below(classes - 1), start, start + length});
      stream.seconds = start + 0.8 * length;
      for (int events = below(3); events > 0; --events) {
        const int label = below(4) == 0 ? below(classes) : stream.actions.back().label;
        const double from = start + (random.uniform_double() - 0.5) * length;
        stream.detected.push_back(detected(label, from, from + length * (0.5 + random.uniform_double()),
                                           static_cast<float>(random.uniform_double())));
      }
    }
    streams.push_back(std::move(stream));
  }
  return streams;
}

TEST(EventMeasures, MeanAveragePrecisionIsActivityNets) {
  constexpr int kClasses = 5;  // the last is never true, only said
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto streams = drawn_streams(seed, kClasses);
    double sum = 0;
    for (int label = 0; label < kClasses - 1; ++label)
      for (const double overlap : {0.3, 0.4, 0.5, 0.6, 0.7}) sum += activitynet_ap(streams, label, overlap);
    const EventMeasures measures = measure_events(streams, kClasses);
    EXPECT_NEAR(*measures.map, sum / (kClasses - 1) / 5, 1e-12) << "seed " << seed;
    EXPECT_GT(*measures.map, 0.1);
    EXPECT_LT(*measures.map, 0.9);
  }
}

}  // namespace
}  // namespace actionflow::testing
