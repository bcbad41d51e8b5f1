#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/atomic_file.h"
#include "datasets/png.h"
#include "pipeline/evaluation/report.h"
#include "pipeline/training/watchers.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostMistakes = 24;
constexpr int kStripFrames = 8;
constexpr int kGap = 2;  // pixels between frames

// Frames spread evenly over the video, side by side, as R, G, B.
std::string strip(const VideoFrames& video) {
  const FrameForm& form = video.form();
  const int width = kStripFrames * (form.width + kGap) - kGap, channels = form.channels();
  std::vector<std::uint8_t> pixels(
      static_cast<std::size_t>(width) * static_cast<std::size_t>(form.height) * 3, 0);
  for (int k = 0; k < kStripFrames; ++k) {
    const double at = (k + 0.5) / kStripFrames * video.duration();
    const std::uint8_t* from = video.pixels(video.frame_at(at));
    for (int y = 0; y < form.height; ++y)
      for (int x = 0; x < form.width; ++x) {
        std::uint8_t* to = pixels.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                            static_cast<std::size_t>(k * (form.width + kGap) + x)) *
                                               3;
        const std::uint8_t* pixel = from + (y * form.width + x) * channels;
        for (int c = 0; c < 3; ++c)
          to[c] = channels == 1 ? pixel[0] : pixel[form.color == ColorOrder::bgr ? 2 - c : c];
      }
  }
  return encode_png(pixels.data(), width, form.height);
}

class ReportWriter : public TrainingObserver {
 public:
  ReportWriter(ReportSubject subject, FrameCache& cache) : subject_(std::move(subject)), cache_(cache) {
    report_.title = subject_.network + ", " + subject_.folder.string();
    report_.classes = subject_.classes;
  }

  void begin(int, std::int64_t) override {}
  void step(const StepMetrics&) override {}

  void epoch(const EpochMetrics& metrics, const std::vector<EvaluatedVideo>& validated) override {
    if (!validated.empty() && (!report_.validation || metrics.val_top1 > report_.validation->top1)) {
      report_.validation = measure(validated, static_cast<int>(subject_.classes.size()));
      report_.best_epoch = metrics.epoch;
      report_.mistakes = mistakes_among(validated);
    }
    write();
  }

  void finish() override { write(); }

 private:
  void write() {
    report_.metrics.clear();
    std::ifstream lines(subject_.folder / "metrics.jsonl");
    for (std::string line; std::getline(lines, line);) report_.metrics.push_back(line);
    replace_file(subject_.folder / "report.html", report_html(report_));
  }

  std::vector<Mistake> mistakes_among(const std::vector<EvaluatedVideo>& videos) {
    std::vector<std::size_t> wrong;
    for (std::size_t i = 0; i < videos.size(); ++i)
      if (videos[i].readable() && !videos[i].right()) wrong.push_back(i);
    std::stable_sort(wrong.begin(), wrong.end(), [&](std::size_t a, std::size_t b) {
      return truth_score(videos[a]) < truth_score(videos[b]);
    });
    wrong.resize(std::min(wrong.size(), kMostMistakes));
    std::vector<Mistake> mistakes;
    for (const std::size_t i : wrong) mistakes.push_back(mistake(subject_.validation[i], videos[i]));
    return mistakes;
  }

  static float truth_score(const EvaluatedVideo& video) {
    return video.probabilities[static_cast<std::size_t>(video.labels.front())];
  }

  Mistake mistake(const VideoEntry& entry, const EvaluatedVideo& video) {
    const auto answer = static_cast<std::size_t>(video.predicted());
    Mistake result;
    result.name = entry.name;
    result.truth = subject_.classes[static_cast<std::size_t>(video.labels.front())];
    result.answer = subject_.classes[answer];
    result.confidence = video.probabilities[answer];
    result.truth_score = truth_score(video);
    try {
      result.png = strip(*cache_.get(entry.source(), subject_.form));
    } catch (const SourceError&) {
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
