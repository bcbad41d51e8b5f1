// A real small network along drawn streams.
#include "pipeline/evaluation/streams/stream_scorer.h"
#include "models/weights/initial_weights.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/random.h"
#include "pipeline/evaluation/clips/evaluator.h"

namespace actionflow::testing {
namespace {

constexpr int kSide = 8;

std::string network_text(bool streams, const std::string& end) {
  return std::string("name: tiny\ninput: {channels: 1, frames: 16, frame_rate: 10, height: 8, width: 8}\n") +
         (streams ? "streams: true\n" : "") +
         "classes: [left, right, stay]\nlayers:\n"
         "  - {layer: conv3d, filters: 4, kernel: 3, padding: " +
         (streams ? "causal" : "same") +
         ", activation: relu}\n"
         "  - {layer: global_average_pool, over: space}\n"
         "  - {layer: gru, units: 6" +
         (streams ? ", sequence: true" : "") + "}\n" + end;
}

struct Tiny {
  explicit Tiny(const std::string& text)
      : architecture(parse_architecture(text, "tiny.yaml")), weights(initial_weights(architecture, 3)) {}
  Architecture architecture;
  Weights weights;
};

StreamSequence drawn(int samples, std::uint64_t seed) {
  StreamSequence stream{"drawn " + std::to_string(seed), {}, {{1, 0.5, 1.5}}, 0.1};
  Random random(seed, "pixels");
  for (int k = 0; k < samples; ++k) {
    auto frame = std::make_shared<PreparedFrame>(kSide, kSide, 1);
    for (std::size_t i = 0; i < frame->size(); ++i)
      frame->data()[i] = static_cast<std::uint8_t>(random.below(256));
    stream.samples.push_back(std::move(frame));
  }
  return stream;
}

SequenceSource drawn_source(std::vector<int> samples) {
  return {samples.size(), [samples](std::size_t index) { return drawn(samples[index], index); }};
}

std::vector<ScoredStream> score(const Network& network, const SequenceSource& source, int threads = 1) {
  return score_streams(network, source, {.threads = threads});
}

TEST(StreamScorer, SaysOfEachSampleWhatOneAtATimeSays) {
  const Tiny tiny(network_text(true, "  - action_scores\n"));
  const auto network = compile_for_scoring(tiny.architecture, tiny.weights);
  // Less than a call, a whole number of calls, and some samples more.
  const std::vector<int> lengths{5, 64, 71};
  const auto scored = score(*network, drawn_source(lengths));
  const auto one = Network::compile(tiny.architecture, tiny.weights, {.samples = 1});
  Workspace workspace(*one);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    const StreamSequence stream = drawn(lengths[s], s);
    ASSERT_EQ(scored[s].observations.size(), stream.samples.size());
    workspace.reset();
    for (std::size_t k = 0; k < stream.samples.size(); ++k) {
      const std::uint8_t* const pixels = stream.samples[k]->data();
      const ActionScores said = one->advance({&pixels, 1}, workspace).at(0);
      const ScoredObservation& observed = scored[s].observations[k];
      EXPECT_EQ(observed.which, said.which) << s << ' ' << k;
      EXPECT_EQ(observed.action, said.action);
      EXPECT_EQ(observed.elapsed, said.elapsed);
      EXPECT_DOUBLE_EQ(observed.start, 0.1 * static_cast<double>(k));
      EXPECT_DOUBLE_EQ(observed.end, 0.1 * static_cast<double>(k + 1));
    }
    EXPECT_NEAR(scored[s].seconds, 0.1 * lengths[s], 1e-12);
    EXPECT_EQ(scored[s].actions.size(), 1U);
  }
}

TEST(StreamScorer, DoesNotDependOnHowManyRunAtATime) {
  const Tiny tiny(network_text(true, "  - action_scores\n"));
  const auto network = compile_for_scoring(tiny.architecture, tiny.weights);
  const SequenceSource source = drawn_source({40, 33, 90, 7, 64});
  const auto alone = score(*network, source), together = score(*network, source, 4);
  for (std::size_t s = 0; s < source.count; ++s) {
    EXPECT_EQ(together[s].name, alone[s].name);
    ASSERT_EQ(together[s].observations.size(), alone[s].observations.size());
    for (std::size_t k = 0; k < alone[s].observations.size(); ++k)
      EXPECT_EQ(together[s].observations[k].which, alone[s].observations[k].which);
  }
}

// Windows of 16 samples, a tenth of that apart, the last with the stream's end; a short stream's last sample
// repeated.
TEST(StreamScorer, CutsWindowsForNetworksOverClips) {
  const Tiny tiny(network_text(false, "  - {layer: dense, units: classes, activation: softmax}\n"));
  const auto network = compile_for_scoring(tiny.architecture, tiny.weights);
  const auto scored = score_streams(*network, drawn_source({40, 5}), {.threads = 1, .hop = 10});
  std::vector<std::pair<long, long>> windows;  // hundredths of a second
  for (const ScoredObservation& one : scored[0].observations)
    windows.emplace_back(std::lround(100 * one.start), std::lround(100 * one.end));
  EXPECT_THAT(windows, ::testing::ElementsAre(::testing::Pair(0, 160), ::testing::Pair(100, 260),
                                              ::testing::Pair(200, 360), ::testing::Pair(240, 400)));
  EXPECT_FALSE(scored[0].observations[0].action.has_value());
  Workspace workspace(*network);
  const StreamSequence stream = drawn(40, 0);
  std::vector<const std::uint8_t*> pixels;
  for (std::size_t k = 10; k < 26; ++k) pixels.push_back(stream.samples[k]->data());
  EXPECT_EQ(scored[0].observations[1].which, network->classify(pixels, workspace));
  EXPECT_EQ(scored[1].observations.size(), 1U);
}

TEST(StreamScorer, WindowsMaySayWhetherThereIsAnAction) {
  const Tiny tiny(network_text(false, "  - action_scores\n"));
  const auto network = compile_for_scoring(tiny.architecture, tiny.weights);
  const auto scored = score(*network, drawn_source({20}));
  EXPECT_EQ(scored[0].observations.size(), 5U);
  EXPECT_TRUE(scored[0].observations[0].action.has_value());
  EXPECT_EQ(scored[0].observations[0].which.size(), 3U);
}

TEST(StreamScorer, AStreamThatCannotBeReadIsEmptyAndTheOthersAreScored) {
  const Tiny tiny(network_text(true, "  - action_scores\n"));
  const auto network = compile_for_scoring(tiny.architecture, tiny.weights);
  const SequenceSource source{3, [](std::size_t index) {
                                if (index == 1) throw SourceError("damaged");
                                return drawn(10, index);
                              }};
  const auto scored = score(*network, source, 2);
  EXPECT_EQ(scored[0].observations.size(), 10U);
  EXPECT_TRUE(scored[1].observations.empty());
  EXPECT_EQ(scored[2].observations.size(), 10U);
}

TEST(StreamScorer, Stops) {
  const Tiny tiny(network_text(true, "  - action_scores\n"));
  const auto network = compile_for_scoring(tiny.architecture, tiny.weights);
  std::atomic<bool> stop{false};
  int made = 0;
  const SequenceSource source{100, [&](std::size_t index) {
                                if (++made == 2) stop.store(true);
                                return drawn(10, index);
                              }};
  EXPECT_THROW(score_streams(*network, source, {.threads = 1, .stop = &stop}), Interrupted);
  EXPECT_EQ(made, 2);
}

}  // namespace
}  // namespace actionflow::testing
