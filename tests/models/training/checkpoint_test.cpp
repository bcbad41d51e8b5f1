#include "models/training/checkpoint.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "models/formats/safetensors/model_file.h"
#include "models/formats/safetensors/safetensors.h"
#include "models/weights/initial_weights.h"
#include "tests/base/failing_files.h"
#include "tests/models/networks.h"
#include "tests/models/scratch_folder.h"

namespace actionflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Architecture small(const std::string& filters = "4") {
  return network("  - {layer: conv3d, name: conv, filters: " + filters +
                 ", kernel: 3, activation: relu}\n  - {layer: batch_norm, name: norm}\n"
                 "  - global_average_pool\n  - {layer: dense, name: fc, units: 2, activation: softmax}\n");
}

OptimizerOptions optimizer_options(OptimizerKind kind) {
  OptimizerOptions options;
  options.kind = kind;
  return options;
}

ScheduleOptions plateau() {
  ScheduleOptions options;
  options.kind = ScheduleKind::plateau;
  return options;
}

// A training run's parts after one step.
struct TrainingRun {
  explicit TrainingRun(OptimizerKind kind = OptimizerKind::adamw, std::uint64_t seed = 1)
      : weights(initial_weights(architecture, seed)),
        gradients(initial_weights(architecture, seed + 1)),
        optimizer(Optimizer::create(optimizer_options(kind))),
        schedule(plateau(), 0.1, {10, 7}),
        average({.decay = 0.9}, weights) {
    optimizer->step(parameters(), 0.05);
    average.update(weights);
    schedule.observe(0.1 + 0.2);
    schedule.observe(0.3);
  }
  std::vector<TrainedParameter> parameters() {
    std::vector<TrainedParameter> list;
    for (const LayerInfo& layer : architecture.layers) {
      for (const Parameter& parameter : layer.parameters) {
        if (!parameter.trainable) continue;
        list.push_back({parameter.name, parameter.role, weights.tensors.at(parameter.name).values(),
                        gradients.tensors.at(parameter.name).values(), parameter.shape});
      }
    }
    return list;
  }
  void save(const std::filesystem::path& file, FileSystem& files = FileSystem::system()) {
    save_checkpoint({architecture, weights, run, *optimizer, schedule, &average}, file, files);
  }

  Architecture architecture = small();
  Weights weights, gradients;
  std::unique_ptr<Optimizer> optimizer;
  Schedule schedule;
  WeightAverage average;
  std::string run = R"({"loss": 0.30000000000000004, "wörter": "\n"})";
};

bool equal(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.shape() == other.second.shape() &&
           std::ranges::equal(one.second.values(), other.second.values());
  });
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A new file each time: what cuts an old one to nothing may wait for the disk.
void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::filesystem::remove(file);
  std::ofstream(file, std::ios::binary) << bytes;
}

std::string refusal(const std::filesystem::path& file, const Architecture& architecture) {
  try {
    load_checkpoint(file, architecture);
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

std::string refusal(const std::filesystem::path& file) {
  static const Architecture architecture = small();
  return refusal(file, architecture);
}

class CheckpointTest : public ::testing::Test {
 protected:
  ScratchFolder folder_;
  std::filesystem::path file_ = folder_.path() / "last.safetensors";
};

TEST_F(CheckpointTest, GivesBackExactlyWhatWasSaved) {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adamw}) {
    TrainingRun run(kind);
    run.save(file_);
    const Checkpoint checkpoint = load_checkpoint(file_, run.architecture);
    EXPECT_EQ(checkpoint.run, run.run);
    EXPECT_TRUE(equal(checkpoint.weights.tensors, run.weights.tensors));
    EXPECT_TRUE(equal(checkpoint.optimizer, run.optimizer->state()));
    EXPECT_EQ(checkpoint.optimizer_steps, 1);
    EXPECT_EQ(checkpoint.schedule, run.schedule.state());
    ASSERT_TRUE(checkpoint.average);
    EXPECT_TRUE(equal(checkpoint.average->tensors, run.average.weights().tensors));
    EXPECT_EQ(checkpoint.average_updates, 1);
  }
}

TEST_F(CheckpointTest, PutsARunBackWhereItWas) {
  TrainingRun run, other(OptimizerKind::adamw, 7);
  run.save(file_);
  Checkpoint checkpoint = load_checkpoint(file_, run.architecture);
  other.weights = checkpoint.weights;
  restore(std::move(checkpoint), file_, other.parameters(), *other.optimizer, other.schedule, &other.average);
  other.gradients = run.gradients;
  for (TrainingRun* each : {&run, &other}) {
    each->optimizer->step(each->parameters(), 0.02);
    each->average.update(each->weights);
    each->schedule.observe(0.2);
  }
  EXPECT_TRUE(equal(run.weights.tensors, other.weights.tensors));
  EXPECT_TRUE(equal(run.optimizer->state(), other.optimizer->state()));
  EXPECT_TRUE(equal(run.average.weights().tensors, other.average.weights().tensors));
  EXPECT_EQ(run.schedule.state(), other.schedule.state());
}

TEST_F(CheckpointTest, IsAWeightsFileThatClassifyRuns) {
  TrainingRun run;
  run.save(file_);
  EXPECT_TRUE(equal(load_model(file_).weights.tensors, run.weights.tensors));
}

TEST_F(CheckpointTest, OfAnotherNetworkIsRefusedSayingWhatDiffers) {
  TrainingRun run;
  run.save(file_);
  EXPECT_THAT(refusal(file_, small("5")),
              AllOf(HasSubstr("last.safetensors"), HasSubstr("another network than 'net'"),
                    HasSubstr("layer 'conv' gives 4×4×6×6 and 5×4×6×6")));
}

TEST_F(CheckpointTest, WithAnyFlippedBitIsRefused) {
  TrainingRun().save(file_);
  const std::string good = bytes_of(file_);
  ASSERT_EQ(refusal(file_), "");
  Random random(1, "flip");
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << random.below(8)));
    write_bytes(file_, bad);
    ASSERT_NE(refusal(file_), "") << "byte " << at << " of " << good.size();
  }
}

TEST_F(CheckpointTest, CutAtAnyLengthIsRefused) {
  TrainingRun().save(file_);
  const std::string good = bytes_of(file_);
  for (std::size_t length = 0; length < good.size(); length += 3) {
    write_bytes(file_, good.substr(0, length));
    ASSERT_NE(refusal(file_), "") << length;
  }
  write_bytes(file_, good + "x");
  EXPECT_NE(refusal(file_), "");
}

// The checksum is right in all of these: somebody wrote them so.
TEST_F(CheckpointTest, WhoseHeaderIsWrongIsRefusedWithTheReason) {
  TrainingRun().save(file_);
  const SafetensorsFile good = read_safetensors(file_);
  const auto reason = [&](const std::string& key, const std::string& value) {
    SafetensorsContent content{.metadata = good.metadata, .tensors = {}};
    for (const auto& [name, tensor] : good.tensors) content.tensors.emplace(name, &tensor);
    if (value.empty()) {
      content.metadata.erase(key);
    } else {
      content.metadata[key] = value;
    }
    write_safetensors(content, file_);
    return refusal(file_);
  };
  EXPECT_THAT(reason("training.run", ""), HasSubstr("no 'training.run'"));
  EXPECT_THAT(reason("training.optimizer_steps", "-1"),
              HasSubstr("'training.optimizer_steps' in its header is '-1'"));
  EXPECT_THAT(reason("training.optimizer_steps", "1e3"), HasSubstr("expected a number"));
  EXPECT_THAT(reason("actionflow.checkpoint", "2"), HasSubstr("version 2, this program reads 1"));
  EXPECT_THAT(reason("actionflow.checkpoint", ""), HasSubstr("holds weights only"));
  EXPECT_THAT(reason("actionflow.model", ""), HasSubstr("no description"));
  EXPECT_THAT(reason("actionflow.model", "layers: 3"), HasSubstr("description of one is wrong"));
  EXPECT_EQ(reason("training.further", "1"), "");
}

TEST_F(CheckpointTest, WhoseTensorsDoNotFitIsRefusedWithTheReason) {
  TrainingRun().save(file_);
  const SafetensorsFile good = read_safetensors(file_);
  const Tensor three({3});
  const auto reason = [&](const std::string& name) {
    SafetensorsContent content{.metadata = good.metadata, .tensors = {}};
    for (const auto& [known, tensor] : good.tensors) content.tensors.emplace(known, &tensor);
    content.tensors[name] = &three;
    write_safetensors(content, file_);
    return refusal(file_);
  };
  EXPECT_THAT(reason("conv.bias"), HasSubstr("'conv.bias' is 3, expected 4"));
  EXPECT_THAT(reason("ema.conv.bias"), HasSubstr("(average): the weights do not fit"));
  EXPECT_THAT(reason("optimizer.first_moment.conv.bias"), HasSubstr("is 3, and its parameter is 4"));
  EXPECT_THAT(reason("optimizer.first_moment.stem.bias"), HasSubstr("belongs to no parameter"));
}

TEST_F(CheckpointTest, ThatDoesNotFitTheRecipeIsRefusedNamingTheFile) {
  TrainingRun sgd(OptimizerKind::sgd), adam(OptimizerKind::adamw);
  save_checkpoint({sgd.architecture, sgd.weights, sgd.run, *sgd.optimizer, sgd.schedule}, file_);
  const auto reason = [&](TrainingRun& run, WeightAverage* average) -> std::string {
    try {
      restore(load_checkpoint(file_, run.architecture), file_, run.parameters(), *run.optimizer, run.schedule,
              average);
    } catch (const ModelError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_THAT(reason(adam, nullptr),
              AllOf(HasSubstr("last.safetensors"), HasSubstr("this optimiser (adamw)")));
  EXPECT_THAT(reason(sgd, &sgd.average), HasSubstr("no average of the weights"));
  EXPECT_EQ(reason(sgd, nullptr), "");
}

TEST_F(CheckpointTest, LeavesTheOldFileOrTheNewOneWhereACallFails) {
  TrainingRun old(OptimizerKind::adamw, 1), fresh(OptimizerKind::adamw, 5);
  FailingFiles counted(-1, EIO);
  old.save(file_, counted);
  const std::string before = bytes_of(file_);
  // The last call closes the folder, when all is done.
  int kept = 0;
  for (const int error : {EIO, ENOSPC}) {
    for (int calls = 0; calls < counted.calls() - 1; ++calls) {
      old.save(file_);
      FailingFiles files(calls, error);
      EXPECT_THROW(fresh.save(file_, files), Error) << calls;
      const bool replaced = bytes_of(file_) != before;
      EXPECT_EQ(replaced, files.failed_after_rename()) << calls;
      EXPECT_EQ(refusal(file_), "") << calls;
      if (!replaced) ++kept;
    }
  }
  EXPECT_GT(kept, 0);
}

// The step and every weight are one number, so a mixture would show.
[[noreturn]] void save_until_killed(TrainingRun& run, const std::filesystem::path& file, FileSystem& files) {
  for (std::int64_t step = 1;; ++step) {
    run.run = std::to_string(step);
    for (auto& [name, tensor] : run.weights.tensors)
      std::ranges::fill(tensor.values(), static_cast<float>(step));
    run.save(file, files);
  }
}

TEST_F(CheckpointTest, StandsWholeWhenItsWriterIsKilledBeforeAnyOf200Calls) {
  TrainingRun run;
  for (auto& [name, tensor] : run.weights.tensors) std::ranges::fill(tensor.values(), 0.0F);
  run.run = "0";
  run.save(file_);
  std::set<std::string> seen;
  for (int call = 0; call < 200; ++call) {
    const pid_t child = ::fork();
    if (child == 0) {
      FailingFiles files(call, FailingFiles::kKilled);
      save_until_killed(run, file_, files);
    }
    ::waitpid(child, nullptr, 0);
    const Checkpoint checkpoint = load_checkpoint(file_, run.architecture);
    for (const auto& [name, tensor] : checkpoint.weights.tensors) {
      for (const float value : tensor.values())
        ASSERT_EQ(value, std::stof(checkpoint.run)) << call << " " << name;
    }
    seen.insert(checkpoint.run);
  }
  EXPECT_GT(seen.size(), 3U);
  run.save(file_);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1) << "leftovers";
}

}  // namespace
}  // namespace actionflow::testing
