#include <cmath>
#include <optional>

#include "pipeline/training/records/event_file.h"
#include "pipeline/training/records/watchers.h"

namespace actionflow {
namespace {

class TensorBoardWriter : public TrainingObserver {
 public:
  explicit TensorBoardWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void begin(int, std::int64_t updates) override { file_ = EventFile::go_on(folder_, updates); }

  void step(const StepMetrics& metrics) override {
    const std::vector<Scalar> scalars{{"step/loss", metrics.loss},
                                      {"step/learning_rate", metrics.learning_rate},
                                      {"step/gradient_norm", metrics.gradient_norm}};
    file_->add(metrics.update, scalars);
  }

  void epoch(const EpochMetrics& metrics) override {
    std::vector<Scalar> scalars{{"loss/train", metrics.loss},
                                {"accuracy/train", metrics.train_top1},
                                {"speed/clips_per_second", metrics.samples_per_second},
                                {"speed/data_wait", metrics.data_wait}};
    if (std::isfinite(metrics.val_top1)) {
      scalars.push_back({"loss/val", metrics.val_loss});
      scalars.push_back({"accuracy/val", metrics.val_top1});
    }
    file_->add(metrics.step, scalars);
  }

  void finish() override {}

 private:
  std::filesystem::path folder_;
  std::optional<EventFile> file_;
};

}  // namespace

std::unique_ptr<TrainingObserver> tensorboard_writer(std::filesystem::path folder) {
  return std::make_unique<TensorBoardWriter>(std::move(folder));
}

}  // namespace actionflow
