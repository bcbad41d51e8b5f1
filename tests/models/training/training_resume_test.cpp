// A run that stops and goes on from its checkpoint has the losses of one that did not, to the last bit.
#include <gmock/gmock.h>

#include <algorithm>

#include "base/machine/processor.h"
#include "models/training/checkpoint.h"
#include "models/training/training_network.h"
#include "models/weights/initial_weights.h"
#include "tests/models/kernels/training_formulas.h"
#include "tests/models/networks.h"
#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

constexpr const char* kLayers =
    "  - {layer: conv3d, name: conv, filters: 16, kernel: 3, padding: same, activation: relu}\n"
    "  - {layer: batch_norm, name: norm}\n  - {layer: max_pool3d, size: 2}\n"
    "  - {layer: flatten, keep_time: true}\n  - {layer: lstm, name: lstm, units: 16}\n"
    "  - {layer: dropout, rate: 0.5}\n  - {layer: dense, name: fc, units: 3, activation: softmax}\n";
constexpr std::int64_t kSteps = 12, kBatch = 4;

OptimizerOptions optimizer_options(OptimizerKind kind) {
  OptimizerOptions options;
  options.kind = kind;
  options.weight_decay = 0.01;
  options.clip_norm = 1;
  return options;
}

ScheduleOptions schedule_options() {
  ScheduleOptions options;
  options.kind = ScheduleKind::plateau;
  options.warmup_steps = 3;
  options.patience = 1;
  return options;
}

TrainingOptions training_options(Precision precision) {
  TrainingOptions options;
  options.precision = precision;
  options.threads = 2;
  options.batch = kBatch;
  return options;
}

class Training {
 public:
  Training(Precision precision, OptimizerKind kind, std::uint64_t seed)
      : network_(network(kLayers), initial_weights(network(kLayers), seed), training_options(precision)),
        optimizer_(Optimizer::create(optimizer_options(kind))),
        schedule_(schedule_options(), 0.02, {4, 3}),
        average_({.decay = 0.9}, network_.weights()) {}

  double step() {
    const auto at = static_cast<std::uint64_t>(step_);
    Tensor targets({kBatch, 3});
    for (std::int64_t clip = 0; clip < kBatch; ++clip) targets[clip * 3 + (clip + step_) % 3] = 1;
    network_.clear_gradients();
    const double loss =
        network_.accumulate(noise_of_shape({kBatch, 3, 6, 8, 8}, 50 + at), targets, {.seed = 5, .step = at})
            .loss;
    optimizer_->step(network_.trained(), schedule_.rate(step_));
    average_.update(network_.weights());
    if (++step_ % 3 == 0) schedule_.observe(loss);
    return loss;
  }
  void save(const std::filesystem::path& file) const {
    save_checkpoint({network_.architecture(), network_.weights(), std::to_string(step_), *optimizer_,
                     schedule_, &average_},
                    file);
  }
  void go_on(const std::filesystem::path& file) {
    Checkpoint checkpoint = load_checkpoint(file, network_.architecture());
    step_ = std::stoll(checkpoint.run);
    for (auto& [name, tensor] : checkpoint.weights.tensors)
      std::ranges::copy(tensor.values(), network_.weights().tensors.at(name).data());
    restore(std::move(checkpoint), file, network_.trained(), *optimizer_, schedule_, &average_);
  }
  const Weights& average() const { return average_.weights(); }

 private:
  TrainingNetwork network_;
  std::unique_ptr<Optimizer> optimizer_;
  Schedule schedule_;
  WeightAverage average_;
  std::int64_t step_ = 0;
};

TEST(Resuming, HasTheSameLossesToTheLastBit) {
  const ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "last.safetensors";
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_avx512_bf16()) continue;
    for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adamw}) {
      Training whole(precision, kind, 1), first(precision, kind, 1), second(precision, kind, 2);
      for (std::int64_t step = 0; step < kSteps; ++step) {
        if (step == 5) {
          first.save(file);
          second.go_on(file);
        }
        EXPECT_EQ(whole.step(), (step < 5 ? first : second).step()) << step;
      }
      for (const auto& [name, tensor] : whole.average().tensors)
        EXPECT_TRUE(std::ranges::equal(tensor.values(), second.average().tensors.at(name).values())) << name;
    }
  }
}

}  // namespace
}  // namespace actionflow::testing
