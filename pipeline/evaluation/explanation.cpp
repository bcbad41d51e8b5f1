#include "pipeline/evaluation/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/log/progress.h"
#include "datasets/clips/augment.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/video/writing/video_writer.h"
#include "models/network/network.h"
#include "models/training/attention_rollout.h"

namespace actionflow {

namespace {

constexpr double kWindowsASpan = 8;  // from which the surest is chosen
constexpr int kColumns = 8;
constexpr int kLeastHeight = 96;  // pixels, of a sample in the strip
constexpr int kLeastVideoHeight = 360;
constexpr int kText = 14, kBar = 10, kGap = 2;
constexpr float kCover = 0.65F;  // of the colour where most counts

using Frames = std::vector<PreparedFramePtr>;

std::vector<const std::uint8_t*> bytes_of(const Frames& frames) {
  std::vector<const std::uint8_t*> bytes;
  for (const PreparedFramePtr& frame : frames) bytes.push_back(frame->data());
  return bytes;
}

struct Said {
  std::vector<float> scores;  // one a class
  float score = -1;           // of the class that is asked for, else of the surest
  std::int64_t step = 0;
};

float score_of(const std::vector<float>& scores, std::optional<int> label) {
  return label ? scores[static_cast<std::size_t>(*label)] : *std::ranges::max_element(scores);
}

class Looker {
 public:
  Looker(const Model& model, const SourceOptions& source)
      : input_(model.architecture.input),
        source_(source),
        network_(Network::compile(model.architecture, model.weights)),
        workspace_(*network_) {
    duration_ = cache_.get(source_, FrameForm::of(input_))->duration();
  }

  double span() const { return input_.frames * input_.interval(); }
  // The first moment of a clip with its middle at `middle`.
  double start_at(double middle) const {
    return std::clamp(middle - span() / 2, 0.0, std::max(0.0, duration_ - span()));
  }
  std::vector<double> starts() const {
    const double last = start_at(duration_);
    const auto steps = static_cast<int>(std::ceil(last / (span() / kWindowsASpan)));
    std::vector<double> starts;
    for (int i = 0; i <= steps; ++i) starts.push_back(steps == 0 ? 0 : last * i / steps);
    return starts;
  }

  Frames clip_from(double start) {
    const TimeSpan part{start, std::min(duration_, start + span())};
    const auto video = cache_.get(source_, FrameForm::of(input_), part);
    return evaluation_clips(*video, SamplingOptions{}, input_).front();
  }

  // What is said of the clip: of each class, at the one step, or at the step where some class is surest. Of
  // action scores, that there is an action and it is this one.
  Said said_of(const Frames& frames, std::optional<int> label) {
    const auto bytes = bytes_of(frames);
    if (!network_->architecture().gives_action_scores()) {
      Said said{network_->classify(bytes, workspace_), 0, 0};
      said.score = score_of(said.scores, label);
      return said;
    }
    Said best;
    const std::vector<ActionScores> steps = network_->action_scores(network_->run(bytes, workspace_));
    for (std::size_t i = 0; i < steps.size(); ++i) {
      std::vector<float> scores = steps[i].which;
      for (float& score : scores) score *= steps[i].action;
      if (const float score = score_of(scores, label); score > best.score)
        best = {std::move(scores), score, static_cast<std::int64_t>(i)};
    }
    return best;
  }

 private:
  const InputSpec& input_;
  const SourceOptions& source_;
  FrameCache cache_{CacheOptions{{}, 0}};
  std::shared_ptr<const Network> network_;
  Workspace workspace_;
  double duration_ = 0;
};

int class_of(const std::string& label, const std::vector<std::string>& classes) {
  const auto found = std::ranges::find(classes, label);
  if (found == classes.end())
    throw UsageError(
        fmt::format("the network has no class '{}', expected one of {}", label, fmt::join(classes, ", ")));
  return static_cast<int>(found - classes.begin());
}

struct Surest {
  double start = 0;
  float score = -1;
};

Surest surest(Looker& looker, std::optional<int> label) {
  const std::vector<double> starts = looker.starts();
  Progress progress("looking", static_cast<std::int64_t>(starts.size()));
  Surest best;
  for (const double start : starts) {
    const float score = looker.said_of(looker.clip_from(start), label).score;
    if (score > best.score) best = {start, score};
    progress.advance(1);
  }
  progress.finish();
  return best;
}

// From yellow to red, over the picture as much as it counts.
void tint(float value, std::uint8_t* rgb) {
  const std::array<float, 3> color{255, 255 * (1 - value), 0};
  const float cover = kCover * std::sqrt(value);
  for (std::size_t c = 0; c < 3; ++c)
    rgb[c] = static_cast<std::uint8_t>(std::lround(std::lerp(static_cast<float>(rgb[c]), color[c], cover)));
}

RgbPicture sample_picture(const Explanation& explanation, std::size_t sample, const InputSpec& input,
                          int least_height) {
  return film_strip({explanation.frames[sample]}, input, Shown::colors, 1, least_height);
}

RgbPicture looked_at(const Explanation& explanation, std::size_t sample, const InputSpec& input,
                     int least_height) {
  RgbPicture picture = sample_picture(explanation, sample, input, least_height);
  const double time = (static_cast<double>(sample) + 0.5) / static_cast<double>(explanation.frames.size());
  std::uint8_t* pixel = picture.pixels.data();
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x, pixel += 3)
      tint(explanation.map.at(time, (y + 0.5) / picture.height, (x + 0.5) / picture.width), pixel);
  return picture;
}

std::string title_of(const Explanation& explanation) {
  return fmt::format("{}, {:.0f} %, {:.2f} to {:.2f} s", explanation.label, 100 * explanation.score,
                     explanation.start, explanation.end);
}

}  // namespace

std::vector<float> Explanation::when() const {
  const std::size_t a_frame = map.values.size() / static_cast<std::size_t>(map.frames);
  ActivationMap sums{map.layer, map.frames, 1, 1, {}};
  for (std::int64_t t = 0; t < map.frames; ++t) {
    const auto first =
        map.values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(t) * a_frame);
    sums.values.push_back(std::accumulate(first, first + static_cast<std::ptrdiff_t>(a_frame), 0.0F));
  }
  std::vector<float> weights;
  for (std::size_t i = 0; i < frames.size(); ++i)
    weights.push_back(sums.at((static_cast<double>(i) + 0.5) / static_cast<double>(frames.size()), 0.5, 0.5));
  const float most = *std::ranges::max_element(weights);
  for (float& weight : weights) weight = most > 0 ? weight / most : 0;
  return weights;
}

Explanation explain(const Model& model, const ExplanationRequest& request) {
  const std::vector<std::string>& classes = model.architecture.classes;
  std::optional<int> label;
  if (!request.label.empty()) label = class_of(request.label, classes);
  Looker looker(model, request.source);
  Explanation explanation;
  explanation.start = request.at ? looker.start_at(*request.at) : surest(looker, label).start;
  explanation.end = explanation.start + looker.span();
  explanation.frames = looker.clip_from(explanation.start);
  const Said said = looker.said_of(explanation.frames, label);
  if (!label) label = static_cast<int>(std::ranges::max_element(said.scores) - said.scores.begin());
  explanation.label = classes[static_cast<std::size_t>(*label)];
  explanation.score = said.score;
  explanation.by =
      request.by.value_or(attends(model.architecture.graph) ? ExplainBy::attention : ExplainBy::gradient);
  const auto bytes = bytes_of(explanation.frames);
  explanation.map = explanation.by == ExplainBy::attention
                        ? AttentionRollout(model.architecture, model.weights).map(bytes)
                        : ClassActivation(model.architecture, model.weights).map(bytes, *label, said.step);
  return explanation;
}

RgbPicture explanation_strip(const Explanation& explanation, const InputSpec& input) {
  const std::vector<float> weights = explanation.when();
  const auto frames = static_cast<int>(explanation.frames.size());
  const int columns = std::min(kColumns, frames);
  const RgbPicture first = sample_picture(explanation, 0, input, kLeastHeight);
  const int width = first.width + kGap, top = 2 * kText;
  RgbPicture strip(top + 2 * (first.height + kGap) + kBar, columns * width - kGap, 255);
  write_text(title_of(explanation), kGap, top - kText / 2, kText, strip);
  for (int i = 0; i < columns; ++i) {
    const auto sample = static_cast<std::size_t>(columns == 1 ? 0 : (i * (frames - 1)) / (columns - 1));
    paste(sample_picture(explanation, sample, input, kLeastHeight), i * width, top, strip);
    paste(looked_at(explanation, sample, input, kLeastHeight), i * width, top + first.height + kGap, strip);
    const auto length = static_cast<int>(std::lround(weights[sample] * static_cast<float>(first.width)));
    paste(RgbPicture(kBar, length, 40), i * width, top + 2 * (first.height + kGap), strip);
  }
  return strip;
}

void write_explanation_video(const Explanation& explanation, const InputSpec& input,
                             const std::filesystem::path& file) {
  VideoWriterOptions options;
  const RgbPicture first = sample_picture(explanation, 0, input, kLeastVideoHeight);
  options.width = first.width;
  options.height = first.height;
  options.frame_rate = input.frame_rate;
  VideoWriter writer(file, options);
  for (std::size_t i = 0; i < explanation.frames.size(); ++i) {
    const RgbPicture picture = looked_at(explanation, i, input, kLeastVideoHeight);
    writer.write(picture.pixels.data(), std::llround(1e6 * static_cast<double>(i) * input.interval()));
  }
  writer.finish();
}

}  // namespace actionflow
