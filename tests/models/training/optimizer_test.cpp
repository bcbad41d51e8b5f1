#include "models/training/optimizer/optimizer.h"

#include <gmock/gmock.h>
#include <omp.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tests/models/kernels/training_formulas.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;

// Parameters with their gradients, owned.
class Net {
 public:
  void add(const std::string& name, const std::string& role, Tensor value) {
    gradients_.emplace_back(value.shape());
    values_.push_back(std::move(value));
    names_.emplace_back(name, role);
  }
  std::vector<TrainedParameter> parameters() {
    std::vector<TrainedParameter> list;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      list.push_back({names_[i].first, names_[i].second, values_[i].values(), gradients_[i].values(),
                      values_[i].shape()});
    }
    return list;
  }
  Tensor& value(std::size_t i) { return values_[i]; }
  Tensor& gradient(std::size_t i) { return gradients_[i]; }

 private:
  std::vector<std::pair<std::string, std::string>> names_;
  std::vector<Tensor> values_, gradients_;
};

// The parameters and gradients of tests/golden/make_training_goldens.py.
Net golden_net() {
  Net net;
  net.add("fc.kernel", "kernel", testing::noise_of_shape({5, 7}, 10));
  net.add("fc.bias", "bias", testing::noise_of_shape({5}, 11));
  return net;
}

double golden_step(Net& net, Optimizer& optimizer, std::uint64_t step) {
  net.gradient(0) = testing::noise_of_shape({5, 7}, 100 + 2 * step);
  net.gradient(1) = testing::noise_of_shape({5}, 101 + 2 * step);
  return optimizer.step(net.parameters(), 0.05 / static_cast<double>(1 + step));
}

OptimizerOptions options_of(const nlohmann::json& record) {
  OptimizerOptions options;
  options.kind = record["kind"] == "sgd" ? OptimizerKind::sgd : OptimizerKind::adamw;
  options.momentum = record.value("momentum", options.momentum);
  options.nesterov = record.value("nesterov", false);
  options.weight_decay = record["weight_decay"];
  options.beta1 = record.value("beta1", options.beta1);
  options.beta2 = record.value("beta2", options.beta2);
  options.epsilon = record.value("epsilon", options.epsilon);
  options.clip_norm = record["clip_norm"];
  return options;
}

void expect_near(const Tensor& values, const nlohmann::json& expected, float tolerance) {
  ASSERT_EQ(static_cast<std::size_t>(values.size()), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(values[static_cast<std::int64_t>(i)], expected[i].get<float>(), tolerance) << i;
  }
}

nlohmann::json golden_optimizers() {
  std::ifstream file(testing::golden("training/optimizers.json"));
  return nlohmann::json::parse(file);
}

TEST(Optimizer, EqualsPyTorchs) {
  for (const nlohmann::json& record : golden_optimizers()) {
    SCOPED_TRACE(record["name"]);
    Net net = golden_net();
    const auto optimizer = Optimizer::create(options_of(record));
    for (std::size_t step = 0; step < record["norms"].size(); ++step) {
      const double norm = golden_step(net, *optimizer, step);
      EXPECT_NEAR(norm, record["norms"][step].get<double>(), 1e-5);
    }
    expect_near(net.value(0), record["kernel"], 1e-6F);
    expect_near(net.value(1), record["bias"], 1e-6F);
  }
}

TEST(Optimizer, GoesOnFromItsStateAsIfItHadNotStopped) {
  for (const nlohmann::json& record : golden_optimizers()) {
    SCOPED_TRACE(record["name"]);
    Net whole = golden_net(), broken = golden_net();
    const auto optimizer = Optimizer::create(options_of(record));
    auto first = Optimizer::create(options_of(record)), second = Optimizer::create(options_of(record));
    for (std::uint64_t step = 0; step < 5; ++step) {
      golden_step(whole, *optimizer, step);
      golden_step(broken, *first, step);
    }
    second->load(first->state(), first->steps());
    for (std::uint64_t step = 5; step < 9; ++step) {
      golden_step(whole, *optimizer, step);
      golden_step(broken, *second, step);
    }
    for (const std::size_t i : {0U, 1U}) {
      EXPECT_TRUE(std::ranges::equal(whole.value(i).values(), broken.value(i).values()));
    }
    EXPECT_EQ(second->steps(), 9);
  }
}

TEST(Optimizer, GivesTheSameBitsOnAnyNumberOfThreads) {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adamw}) {
    OptimizerOptions options;
    options.kind = kind;
    options.clip_norm = 1;
    options.weight_decay = 0.01;
    std::vector<Tensor> results;
    for (const int threads : {1, 2, 5}) {
      omp_set_num_threads(threads);
      Net net;
      net.add("a.kernel", "kernel", testing::noise_of_shape({301, 401}, 1));
      net.add("b.kernel", "kernel", testing::noise_of_shape({3, 7}, 2));
      const auto optimizer = Optimizer::create(options);
      for (std::uint64_t step = 0; step < 3; ++step) {
        net.gradient(0) = testing::noise_of_shape({301, 401}, 3 + step);
        net.gradient(1) = testing::noise_of_shape({3, 7}, 30 + step);
        optimizer->step(net.parameters(), 0.1);
      }
      results.push_back(net.value(0));
    }
    EXPECT_TRUE(std::ranges::equal(results[0].values(), results[1].values()));
    EXPECT_TRUE(std::ranges::equal(results[0].values(), results[2].values()));
  }
  omp_set_num_threads(omp_get_num_procs());
}

TEST(Optimizer, ChangesNothingWhereTheGradientIsNotFinite) {
  Net net = golden_net();
  const Tensor before = net.value(0);
  const auto optimizer = Optimizer::create({});
  net.gradient(0)[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(std::isfinite(optimizer->step(net.parameters(), 0.1)));
  EXPECT_TRUE(std::ranges::equal(before.values(), net.value(0).values()));
  EXPECT_EQ(optimizer->steps(), 0);
}

std::string refusal(Optimizer& optimizer, const std::map<std::string, Tensor>& state, Net& net) {
  try {
    optimizer.load(state, 7);
    optimizer.check(net.parameters());
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

TEST(Optimizer, RefusesAStateThatIsNotItsOwn) {
  Net net = golden_net();
  OptimizerOptions adam_options;
  adam_options.kind = OptimizerKind::adamw;
  const auto sgd = Optimizer::create({}), adam = Optimizer::create(adam_options);
  golden_step(net, *sgd, 0);
  EXPECT_THAT(refusal(*adam, sgd->state(), net), HasSubstr("no state of this optimiser (adamw)"));
  auto state = sgd->state();
  state.erase("optimizer.momentum.fc.bias");
  EXPECT_THAT(refusal(*sgd, state, net), HasSubstr("no 'optimizer.momentum.fc.bias'"));
  state["optimizer.momentum.fc.bias"] = Tensor({6});
  EXPECT_THAT(refusal(*sgd, state, net), AllOf(HasSubstr("is 6"), HasSubstr("parameter is 5")));
}

TEST(OptimizerOptions, NesterovNeedsMomentum) {
  config::Diagnostics diagnostics;
  config::read<OptimizerOptions>(config::parse("{momentum: 0, nesterov: true}", "recipe.yaml"), diagnostics);
  EXPECT_THAT(diagnostics.render(), HasSubstr("nesterov needs a momentum above 0"));
}

TEST(Optimizer, AParametersRateIsItsShareOfTheLearningRate) {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adamw}) {
    const OptimizerOptions options{.kind = kind, .weight_decay = 0.1};
    Net slow = golden_net(), whole = golden_net();
    slow.gradient(0) = whole.gradient(0) = testing::noise_of_shape({5, 7}, 100);
    std::vector<TrainedParameter> parameters = slow.parameters();
    parameters[0].rate = 0.25F;
    Optimizer::create(options)->step(parameters, 0.04);
    Optimizer::create(options)->step(whole.parameters(), 0.01);
    for (std::int64_t i = 0; i < slow.value(0).size(); ++i)
      EXPECT_NEAR(slow.value(0)[i], whole.value(0)[i], 1e-7);
  }
}

}  // namespace
}  // namespace actionflow
