#include "pipeline/evaluation/clips/evaluator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "datasets/clips/augment.h"
#include "datasets/clips/perturb.h"
#include "nodes/training/training_flow.h"

namespace actionflow {

namespace {

constexpr float kLeast = 1e-12F;  // probability, where its logarithm is taken

class VideoEvaluation {
 public:
  VideoEvaluation(const Network& network, const std::vector<VideoEntry>& entries, FrameCache& cache,
                  const EvaluatorOptions& options)
      : network_(network),
        entries_(entries),
        cache_(cache),
        options_(options),
        form_(options.form.value_or(FrameForm::of(network.input()))),
        videos_(entries.size()) {}

  std::vector<EvaluatedVideo> run() {
    run_in_parallel(
        entries_.size(), options_.threads, options_.stop, [this] { return Workspace(network_); },
        [this](std::size_t at, Workspace& workspace) {
          judge(at, workspace);
          if (options_.advance) options_.advance();
        });
    return std::move(videos_);
  }

 private:
  void judge(std::size_t at, Workspace& workspace) {
    videos_[at].labels = entries_[at].labels;
    if (options_.wanted && !options_.wanted(at)) return;
    videos_[at] = video(at, workspace);
    if (options_.answered) options_.answered(at, videos_[at]);
  }

  EvaluatedVideo video(std::size_t at, Workspace& workspace) {
    const VideoEntry& entry = entries_[at];
    EvaluatedVideo result;
    result.labels = entry.labels;
    try {
      auto frames = cache_.get(entry.source(), form_, entry.part);
      if (!options_.perturbation.empty())
        frames = perturb(std::move(frames), options_.perturbation, options_.seed, at, clip_seconds());
      result.probabilities = mean_of_views(*frames, workspace);
    } catch (const SourceError& error) {
      result.unreadable = entry.wrong(error.what());
    }
    return result;
  }

  // What a view spans; 0: the whole video.
  double clip_seconds() const {
    const SamplingOptions& sampling = options_.sampling;
    if (sampling.mode == SamplingMode::dense) return network_.input().frames * network_.input().interval();
    return sampling.mode == SamplingMode::segments ? sampling.seconds : 0;
  }

  std::vector<float> mean_of_views(const VideoFrames& video, Workspace& workspace) {
    const auto views = evaluation_clips(video, options_.sampling, network_.input(), options_.crops);
    std::vector<double> sums(network_.classes().size());
    for (const auto& view : views) {
      std::vector<const std::uint8_t*> pixels;
      pixels.reserve(view.size());
      for (const PreparedFramePtr& frame : view) pixels.push_back(frame->data());
      const std::vector<float> scores = network_.classify(pixels, workspace);
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += scores[k];
    }
    std::vector<float> mean(sums.size());
    for (std::size_t k = 0; k < sums.size(); ++k)
      mean[k] = static_cast<float>(sums[k] / static_cast<double>(views.size()));
    return mean;
  }

  const Network& network_;
  const std::vector<VideoEntry>& entries_;
  FrameCache& cache_;
  const EvaluatorOptions& options_;
  const FrameForm form_;
  std::vector<EvaluatedVideo> videos_;
};

}  // namespace

int EvaluatedVideo::predicted() const {
  if (probabilities.empty()) return -1;
  return static_cast<int>(std::max_element(probabilities.begin(), probabilities.end()) -
                          probabilities.begin());
}

bool EvaluatedVideo::right(int k) const {
  std::vector<int> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  // Of equal ones the first class counts as the more probable, as in predicted().
  std::stable_sort(order.begin(), order.end(), [this](int a, int b) {
    return probabilities[static_cast<std::size_t>(a)] > probabilities[static_cast<std::size_t>(b)];
  });
  order.resize(std::min(order.size(), static_cast<std::size_t>(k)));
  return std::any_of(order.begin(), order.end(), [this](int predicted) {
    return std::find(labels.begin(), labels.end(), predicted) != labels.end();
  });
}

std::vector<EvaluatedVideo> evaluate(const Network& network, const std::vector<VideoEntry>& entries,
                                     FrameCache& cache, const EvaluatorOptions& options) {
  return VideoEvaluation(network, entries, cache, options).run();
}

SplitScore score(const std::vector<EvaluatedVideo>& videos) {
  SplitScore score;
  double loss = 0;
  std::int64_t right = 0, readable = 0;
  for (const EvaluatedVideo& video : videos) {
    if (video.labels.empty()) continue;
    ++score.videos;
    if (!video.readable()) continue;
    ++readable;
    right += video.right() ? 1 : 0;
    double own = 0;
    for (const int label : video.labels)
      own -= std::log(std::max(video.probabilities[static_cast<std::size_t>(label)], kLeast));
    loss += own / static_cast<double>(video.labels.size());
  }
  if (score.videos > 0) score.top1 = static_cast<double>(right) / static_cast<double>(score.videos);
  if (readable > 0) score.loss = loss / static_cast<double>(readable);
  return score;
}

}  // namespace actionflow
