#include "pipeline/evaluation/streams/stream_scorer.h"

#include <algorithm>
#include <span>

#include "base/machine/in_parallel.h"
#include "nodes/events/calibrated_options.h"
#include "pipeline/evaluation/clips/evaluator.h"

namespace actionflow {
namespace {

using Pixels = std::vector<const std::uint8_t*>;

// `count` samples from `first` on; where the stream is over its last one again.
Pixels pixels_of(const StreamSequence& stream, std::int64_t first, std::int64_t count) {
  const auto last = static_cast<std::int64_t>(stream.samples.size()) - 1;
  Pixels pixels;
  pixels.reserve(static_cast<std::size_t>(count));
  for (std::int64_t k = first; k < first + count; ++k)
    pixels.push_back(stream.samples[static_cast<std::size_t>(std::min(k, last))]->data());
  return pixels;
}

class StreamScorer {
 public:
  StreamScorer(const Network& network, const StreamScorerOptions& options)
      : network_(network), options_(options) {}

  ScoredStream score(const StreamSequence& stream, Workspace& workspace) const {
    ScoredStream scored{stream.name, static_cast<double>(stream.samples.size()) * stream.interval,
                        stream.interval, stream.actions};
    if (stream.samples.empty()) return scored;
    if (network_.samples() > 0)
      advance(stream, workspace, scored);
    else
      cut_windows(stream, workspace, scored);
    return scored;
  }

 private:
  void check_stop() const {
    if (options_.stop != nullptr && options_.stop->load()) throw Interrupted();
  }

  // The samples that fill up the last call come after the stream, so nothing of it sees them.
  void advance(const StreamSequence& stream, Workspace& workspace, ScoredStream& scored) const {
    workspace.reset();
    const auto samples = static_cast<std::int64_t>(stream.samples.size());
    for (std::int64_t first = 0; first < samples; first += network_.samples()) {
      check_stop();
      std::vector<ActionScores> said =
          network_.advance(pixels_of(stream, first, network_.samples()), workspace);
      said.resize(static_cast<std::size_t>(std::min(network_.samples(), samples - first)));
      for (ActionScores& one : said)
        add(scored, static_cast<std::int64_t>(scored.observations.size()), 1, std::move(one));
    }
  }

  // As the node `window` cuts a file: the last window ends with the stream, a short stream's last sample is
  // repeated.
  void cut_windows(const StreamSequence& stream, Workspace& workspace, ScoredStream& scored) const {
    const int frames = network_.input().frames;
    const int hop = options_.hop > 0 ? options_.hop : std::max(1, frames / kEventWindows);
    const auto last = std::max<std::int64_t>(0, static_cast<std::int64_t>(stream.samples.size()) - frames);
    for (std::int64_t first = 0; first < last + hop; first += hop) {
      check_stop();
      const std::int64_t at = std::min(first, last);
      const Activations result = network_.run(pixels_of(stream, at, frames), workspace);
      if (network_.architecture().gives_action_scores()) {
        add(scored, at, frames, network_.action_scores(result).back());
      } else {
        const double start = static_cast<double>(at) * scored.interval;
        scored.observations.push_back(
            {start, start + frames * scored.interval, network_.probabilities(result), std::nullopt, 0});
      }
    }
  }

  static void add(ScoredStream& scored, std::int64_t first, int samples, ActionScores said) {
    scored.observations.push_back({static_cast<double>(first) * scored.interval,
                                   static_cast<double>(first + samples) * scored.interval,
                                   std::move(said.which), said.action, said.elapsed});
  }

  const Network& network_;
  const StreamScorerOptions& options_;
};

}  // namespace

std::shared_ptr<const Network> compile_for_scoring(const Architecture& architecture, const Weights& weights,
                                                   Precision precision) {
  return Network::compile(
      architecture, weights,
      {.precision = precision, .threads = 1, .samples = architecture.streams ? kSamplesACall : 0});
}

std::vector<ScoredStream> score_streams(const Network& network, const SequenceSource& source,
                                        const StreamScorerOptions& options) {
  const StreamScorer scorer(network, options);
  std::vector<ScoredStream> scored(source.count);
  run_in_parallel(
      source.count, options.threads, options.stop, [&] { return Workspace(network); },
      [&](std::size_t at, Workspace& workspace) {
        try {
          scored[at] = scorer.score(source.stream(at), workspace);
          if (options.said) options.said(at, scored[at]);
        } catch (const SourceError&) {
          // Who made the source knows why.
        }
      });
  return scored;
}

}  // namespace actionflow
