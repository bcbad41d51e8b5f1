// Networks in training against PyTorch: 20 steps from the same first weights on the same clips, made by
// tests/golden/make_training_goldens.py (training_networks.py says how, with PyTorch in float64).
#include <gmock/gmock.h>
#include <omp.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/machine/processor.h"
#include "models/training/training_network.h"
#include "tests/models/kernels/training_formulas.h"
#include "tests/models/networks.h"

namespace actionflow::testing {
namespace {

using Record = nlohmann::json;

std::vector<Record> records() {
  std::ifstream file(golden("training/networks.json"));
  return Record::parse(file).get<std::vector<Record>>();
}

Architecture architecture_of(const Record& record) {
  const std::string name = record["network"].get<std::string>() + ".yaml";
  const std::filesystem::path own = golden("training/" + name);
  std::vector<config::Override> overrides;
  for (const std::string text : record["overrides"]) {
    config::Override change;
    EXPECT_TRUE(config::parse_override(text, change));
    overrides.push_back(std::move(change));
  }
  return load_architecture(std::filesystem::exists(own) ? own : project_root() / "configs/models" / name,
                           overrides);
}

double fans(const Shape& shape) {
  double positions = 1;
  for (std::size_t axis = 2; axis < shape.size(); ++axis) positions *= static_cast<double>(shape[axis]);
  return static_cast<double>(shape[0]) * positions + static_cast<double>(shape[1]) * positions;
}

Tensor first_value(const Parameter& parameter) {
  if (parameter.role == "moving_mean") return Tensor(parameter.shape);
  const bool kernel = parameter.role == "kernel" || parameter.role == "recurrent_kernel";
  const float scale = kernel ? static_cast<float>(std::sqrt(6.0 / fans(parameter.shape))) : 0.1F;
  const float shift = parameter.role == "gamma" || parameter.role == "moving_variance" ? 1.0F : 0.0F;
  Tensor tensor = noise_of_shape(parameter.shape, name_stream(parameter.name), scale);
  for (float& value : tensor.values()) value += shift;
  return tensor;
}

Weights first_weights(const Architecture& architecture) {
  Weights weights;
  for (const LayerInfo& layer : architecture.layers) {
    for (const Parameter& parameter : layer.parameters)
      weights.tensors.emplace(parameter.name, first_value(parameter));
  }
  return weights;
}

struct Batch {
  Tensor clips, targets;
};

Batch batch_of(const Record& record, std::int64_t number, std::int64_t outputs) {
  const auto count = record["batch"].get<std::int64_t>();
  Shape shape{count};
  for (const std::int64_t extent : record["clip"]) shape.push_back(extent);
  Batch batch{noise_of_shape(shape, 1000 + static_cast<std::uint64_t>(number)), Tensor({count, outputs})};
  const std::int64_t size = batch.clips.size() / count;
  for (std::int64_t clip = 0; clip < count; ++clip) {
    const std::int64_t label = (3 * clip + number) % count;
    for (std::int64_t i = 0; i < size; ++i) batch.clips[clip * size + i] += 0.25F * static_cast<float>(label);
    if (outputs == 1) {
      batch.targets[clip] = static_cast<float>(label % 2);
    } else {
      batch.targets[clip * outputs + label] = 1;
    }
  }
  return batch;
}

OptimizerOptions optimizer_of(const Record& record) {
  OptimizerOptions options;
  options.kind = record["kind"] == "sgd" ? OptimizerKind::sgd : OptimizerKind::adamw;
  options.momentum = record["momentum"];
  options.nesterov = true;
  options.weight_decay = record["weight_decay"];
  return options;
}

std::vector<double> losses_of(const Record& record, Precision precision) {
  const Architecture architecture = architecture_of(record);
  const std::int64_t outputs = architecture.graph.extents(architecture.graph.output).c;
  TrainingOptions options;
  options.precision = precision;
  options.threads = 2;
  options.batch = record["batch"];
  TrainingNetwork network(architecture, first_weights(architecture), options);
  const auto optimizer = Optimizer::create(optimizer_of(record));
  std::vector<Batch> batches;
  for (std::int64_t number = 0; number < record["batches"].get<std::int64_t>(); ++number)
    batches.push_back(batch_of(record, number, outputs));
  std::vector<double> losses;
  for (std::size_t step = 0; step < record["losses"].size(); ++step) {
    const Batch& batch = batches[step % batches.size()];
    network.clear_gradients();
    losses.push_back(network.accumulate(batch.clips, batch.targets, {.seed = 1, .step = step}).loss);
    optimizer->step(network.trained(), record["rate"].get<double>());
  }
  return losses;
}

class TrainingGolden : public ::testing::TestWithParam<Record> {};

TEST_P(TrainingGolden, LosesAsPyTorchDoesForTwentySteps) {
  const Record& record = GetParam();
  const std::vector<double> losses = losses_of(record, Precision::f32);
  double worst = 0;
  for (std::size_t step = 0; step < losses.size(); ++step) {
    const double expected = record["losses"][step];
    EXPECT_NEAR(losses[step], expected, 1e-3 * expected) << "step " << step;
    worst = std::max(worst, std::abs(losses[step] - expected) / expected);
  }
  RecordProperty("largest_relative_difference", std::to_string(worst));
}

// The losses' sum, since single ones near zero have bf16's error of larger ones before them.
TEST_P(TrainingGolden, StaysNearPyTorchInBf16) {
  if (!has_avx512_bf16()) GTEST_SKIP() << "needs a processor with AVX512-BF16";
  const Record& record = GetParam();
  const std::vector<double> losses = losses_of(record, Precision::bf16);
  double off = 0, sum = 0;
  for (std::size_t step = 0; step < losses.size(); ++step) {
    const double expected = record["losses"][step];
    off += std::abs(losses[step] - expected);
    sum += expected;
  }
  EXPECT_LT(off, 0.02 * sum);
}

INSTANTIATE_TEST_SUITE_P(Networks, TrainingGolden, ::testing::ValuesIn(records()), [](const auto& test) {
  return test.param["network"].template get<std::string>() + "_" +
         test.param["kind"].template get<std::string>();
});

}  // namespace
}  // namespace actionflow::testing
