#include <algorithm>
#include <fstream>

#include "base/files/atomic_file.h"
#include "datasets/clips/augment.h"
#include "datasets/pictures/encoding/png.h"
#include "datasets/recordings/frame_cache.h"
#include "pipeline/evaluation/report.h"
#include "pipeline/training/records/watchers.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostMistakes = 24;
constexpr int kStripFrames = 8;

class ReportWriter : public TrainingObserver {
 public:
  ReportWriter(ReportSubject subject, FrameCache& cache) : subject_(std::move(subject)), cache_(cache) {
    report_.title = subject_.network + ", " + subject_.folder.string();
    report_.classes = subject_.classes;
  }

  void begin(int, std::int64_t) override {}
  void step(const StepMetrics&) override {}

  void best(int epoch, const Validation& validation) override {
    report_.best_epoch = epoch;
    if (!validation.detected.empty())
      report_.streams =
          report_streams(validation.detected, validation.streams, subject_.classes, subject_.input);
    const std::vector<EvaluatedVideo>& validated = validation.videos;
    if (validated.empty()) return;
    report_.validation = measure(validated, static_cast<int>(subject_.classes.size()));
    report_.mistakes = mistakes_among(validation);
  }

  void epoch(const EpochMetrics&) override { write(); }

  void finish() override { write(); }

 private:
  void write() {
    report_.metrics.clear();
    std::ifstream lines(subject_.folder / "metrics.jsonl");
    for (std::string line; std::getline(lines, line);) report_.metrics.push_back(line);
    replace_file(subject_.folder / "report.html", report_html(report_));
  }

  std::vector<Mistake> mistakes_among(const Validation& validation) {
    const std::vector<EvaluatedVideo>& videos = validation.videos;
    std::vector<std::size_t> wrong;
    for (std::size_t i = 0; i < videos.size(); ++i)
      if (videos[i].readable() && !videos[i].right()) wrong.push_back(i);
    std::stable_sort(wrong.begin(), wrong.end(), [&](std::size_t a, std::size_t b) {
      return truth_score(videos[a]) < truth_score(videos[b]);
    });
    wrong.resize(std::min(wrong.size(), kMostMistakes));
    std::vector<Mistake> mistakes;
    mistakes.reserve(wrong.size());
    for (const std::size_t i : wrong) mistakes.push_back(mistake(validation.entries[i], videos[i]));
    return mistakes;
  }

  static float truth_score(const EvaluatedVideo& video) {
    return video.probabilities[static_cast<std::size_t>(video.labels.front())];
  }

  Mistake mistake(const VideoEntry& entry, const EvaluatedVideo& video) {
    const auto answer = static_cast<std::size_t>(video.predicted());
    Mistake result;
    result.name = entry.title();
    result.truth = subject_.classes[static_cast<std::size_t>(video.labels.front())];
    result.answer = subject_.classes[answer];
    result.confidence = video.probabilities[answer];
    result.truth_score = truth_score(video);
    try {
      const auto frames = cache_.get(entry.source(), FrameForm::of(subject_.input), entry.part);
      const auto clips = evaluation_clips(*frames, subject_.sampling, subject_.input);
      result.png = encode_png(film_strip(clips.front(), subject_.input, Shown::colors, kStripFrames));
    } catch (const Error&) {
      // Gone since it was judged: its line stands without a picture.
    }
    return result;
  }

  ReportSubject subject_;
  FrameCache& cache_;
  Report report_;
};

}  // namespace

std::unique_ptr<TrainingObserver> report_writer(ReportSubject subject, FrameCache& cache) {
  return std::make_unique<ReportWriter>(std::move(subject), cache);
}

}  // namespace actionflow
