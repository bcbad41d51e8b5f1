#include "pipeline/evaluation/clips/clip_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace actionflow {
namespace {

constexpr int kBins = 15;
constexpr double kLeastProbability = 1e-12;

int truth_of(const EvaluatedVideo& video) { return video.labels.front(); }

float confidence_of(const EvaluatedVideo& video) {
  return video.probabilities[static_cast<std::size_t>(video.predicted())];
}

void measure_classes(Measures& result) {
  const std::size_t classes = result.confusion.size();
  int present = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    ClassMeasures& of = result.per_class[k];
    std::int64_t answered = 0;
    for (std::size_t truth = 0; truth < classes; ++truth) answered += result.confusion[truth][k];
    const std::int64_t right = result.confusion[k][k];
    of.precision = share(right, answered);
    of.recall = share(right, of.clips);
    of.f1 = of.precision + of.recall > 0 ? 2 * of.precision * of.recall / (of.precision + of.recall) : 0;
    if (of.clips == 0) continue;
    ++present;
    result.mean_class_accuracy += of.recall;
  }
  if (present > 0) result.mean_class_accuracy /= present;
}

double calibration_error(std::span<const EvaluatedVideo> videos) {
  struct Bin {
    double confidence = 0;
    std::int64_t right = 0, count = 0;
  };
  std::array<Bin, kBins> bins;
  std::int64_t count = 0;
  for (const EvaluatedVideo& video : videos) {
    if (!video.readable()) continue;
    const auto index = std::clamp(static_cast<int>(confidence_of(video) * kBins), 0, kBins - 1);
    Bin& bin = bins[static_cast<std::size_t>(index)];
    bin.confidence += confidence_of(video);
    bin.right += video.right() ? 1 : 0;
    ++bin.count;
    ++count;
  }
  double error = 0;
  for (const Bin& bin : bins) error += std::abs(bin.confidence - static_cast<double>(bin.right));
  return count == 0 ? 0 : error / static_cast<double>(count);
}

double mean_surprise(std::span<const EvaluatedVideo> videos, double temperature) {
  double sum = 0;
  std::int64_t count = 0;
  for (const EvaluatedVideo& video : videos) {
    if (!video.readable() || video.labels.empty()) continue;
    const auto p = at_temperature(video.probabilities, temperature);
    sum -= std::log(std::max<double>(p[static_cast<std::size_t>(truth_of(video))], kLeastProbability));
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::vector<float> confidences(std::span<const EvaluatedVideo> videos, bool right_only = false) {
  std::vector<float> result;
  for (const EvaluatedVideo& video : videos)
    if (video.readable() && (!right_only || video.right())) result.push_back(confidence_of(video));
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

double share(std::int64_t part, std::int64_t all) {
  return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

Measures measure(std::span<const EvaluatedVideo> videos, int classes) {
  const auto count = static_cast<std::size_t>(classes);
  Measures result;
  result.confusion.assign(count, std::vector<std::int64_t>(count, 0));
  result.per_class.resize(count);
  std::int64_t first = 0, among_five = 0;
  for (const EvaluatedVideo& video : videos) {
    ++result.clips;
    const auto truth = static_cast<std::size_t>(truth_of(video));
    ++result.per_class[truth].clips;
    if (!video.readable()) continue;
    ++result.confusion[truth][static_cast<std::size_t>(video.predicted())];
    first += video.right() ? 1 : 0;
    among_five += video.right(5) ? 1 : 0;
  }
  result.top1 = share(first, result.clips);
  result.top5 = share(among_five, result.clips);
  measure_classes(result);
  result.ece = calibration_error(videos);
  return result;
}

Interval wilson_interval(std::int64_t right, std::int64_t all) {
  if (all == 0) return {0, 1};
  constexpr double z = 1.959963984540054;
  const double n = static_cast<double>(all), p = share(right, all);
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

// The surprise is convex in 1/T: golden section over its logarithm.
double fitted_temperature(std::span<const EvaluatedVideo> videos) {
  const bool any = std::any_of(videos.begin(), videos.end(), [](const EvaluatedVideo& video) {
    return video.readable() && !video.labels.empty();
  });
  if (!any) return 1;
  constexpr double kRatio = 0.6180339887498949;
  double low = std::log(0.05), high = std::log(20.0);
  while (high - low > 1e-4) {
    const double a = high - kRatio * (high - low), b = low + kRatio * (high - low);
    if (mean_surprise(videos, std::exp(a)) < mean_surprise(videos, std::exp(b)))
      high = b;
    else
      low = a;
  }
  return std::exp((low + high) / 2);
}

std::optional<double> auroc(std::span<const EvaluatedVideo> known, std::span<const EvaluatedVideo> unknown) {
  const std::vector<float> in = confidences(known), out = confidences(unknown);
  if (in.empty() || out.empty()) return std::nullopt;
  double above = 0;
  for (const float confidence : in) {
    const auto [from, to] = std::equal_range(out.begin(), out.end(), confidence);
    above += static_cast<double>(from - out.begin()) + 0.5 * static_cast<double>(to - from);
  }
  return above / (static_cast<double>(in.size()) * static_cast<double>(out.size()));
}

double rejection_threshold(std::span<const EvaluatedVideo> known) {
  const std::vector<float> right = confidences(known, true);
  return right.empty() ? 0 : right[right.size() / 20];
}

std::optional<double> share_refused(std::span<const EvaluatedVideo> videos, double threshold) {
  const std::vector<float> all = confidences(videos);
  if (all.empty()) return std::nullopt;
  const auto first_kept = std::lower_bound(all.begin(), all.end(), static_cast<float>(threshold));
  return share(first_kept - all.begin(), static_cast<std::int64_t>(all.size()));
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

}  // namespace actionflow
