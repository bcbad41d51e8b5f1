#include "tests/models/training/gradient_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tests/models/graph/network_graphs.h"

namespace actionflow::testing {
namespace {

constexpr training::StepKey kKey{1, 0};

double loss_at(TrainingNetwork& network, const Batch& batch) {
  return network.accumulate(batch.input, batch.targets, kKey).loss;
}

// What the loss does along `direction` from the parameter's present value.
double quotient(TrainingNetwork& network, const Batch& batch, std::span<float> value,
                const std::vector<float>& direction, double distance) {
  const std::vector<float> kept(value.begin(), value.end());
  const auto go = [&](double way) {
    for (std::size_t i = 0; i < value.size(); ++i)
      value[i] = static_cast<float>(double{kept[i]} + way * double{direction[i]});
    return loss_at(network, batch);
  };
  const double difference = go(distance) - go(-distance);
  std::copy(kept.begin(), kept.end(), value.begin());
  return difference / (2 * distance);
}

class Check {
 public:
  // `largest`: of all gradients.
  Check(TrainingNetwork& network, const Batch& batch, double distance, double largest)
      : network_(network), batch_(batch), distance_(distance), least_(std::max(2e-3, 0.01 * largest)) {}

  void parameter(const TrainedParameter& p, const Tensor& gradient, int elements) {
    ++result_.tensors;
    double largest = 0, sum = 0;
    for (const float g : gradient.values()) largest = std::max(largest, std::abs(double{g}));
    std::vector<float> direction(p.value.size(), 0.0F);
    const double length = std::sqrt(static_cast<double>(direction.size()));
    for (int k = 0; k < elements; ++k) {
      const std::size_t i = (static_cast<std::size_t>(k) * 2654435761U + 7) % direction.size();
      direction[i] = 1;
      compare(fmt::format("{}[{}]", p.name, i), gradient[static_cast<std::int64_t>(i)], largest, p.value,
              direction);
      direction[i] = 0;
    }
    for (std::size_t i = 0; i < direction.size(); ++i) {
      const float g = gradient[static_cast<std::int64_t>(i)];
      direction[i] = static_cast<float>(((g > 0) - (g < 0)) / length);
      sum += std::abs(double{g}) / length;
    }
    compare(p.name + " as a whole", sum, sum, p.value, direction);
  }

  GradientCheck result() const { return result_; }

 private:
  // A long distance meets kinks, a short one rounding: the best of seven counts. Gradients that hardly stand
  // above rounding are compared with least_.
  void compare(const std::string& where, double gradient, double scale, std::span<float> value,
               const std::vector<float>& direction) {
    constexpr double kShorter = 0.5;
    double error = HUGE_VAL, found = 0, distance = distance_;
    for (int i = 0; i < 7 && error > result_.worst; ++i, distance *= kShorter) {
      const double difference = quotient(network_, batch_, value, direction, distance);
      const double now = std::abs(gradient - difference) / std::max(scale, least_);
      if (now >= error) continue;
      error = now;
      found = difference;
    }
    if (error <= result_.worst) return;
    result_.worst = error;
    result_.where = fmt::format("{}: gradient {:.6g}, difference quotient {:.6g}", where, gradient, found);
  }

  TrainingNetwork& network_;
  const Batch& batch_;
  double distance_, least_;
  GradientCheck result_;
};

}  // namespace

Batch random_batch(const Architecture& network, std::int64_t clips, std::uint32_t seed) {
  const Extents& in = network.graph.input;
  const std::int64_t outputs = network.graph.extents(network.graph.output).c;
  Batch batch{random_tensor({clips, in.c, in.t, in.h, in.w}, seed), Tensor({clips, outputs})};
  for (std::int64_t i = 0; i < clips; ++i) {
    if (outputs == 1)
      batch.targets[i] = static_cast<float>(i % 2);
    else
      batch.targets[i * outputs + (i * 7 + seed) % outputs] = 1;
  }
  return batch;
}

std::map<std::string, Tensor> gradients_of(TrainingNetwork& network, const Batch& batch,
                                           training::StepKey key) {
  network.clear_gradients();
  network.accumulate(batch.input, batch.targets, key);
  std::map<std::string, Tensor> result;
  for (const TrainedParameter& p : network.trained())
    result.emplace(p.name, Tensor(p.shape, std::span<const float>(p.gradient)));
  return result;
}

GradientCheck check_gradients(TrainingNetwork& network, const Batch& batch, int elements, double distance) {
  const auto gradients = gradients_of(network, batch);
  double largest = 0;
  for (const auto& [name, gradient] : gradients)
    for (const float g : gradient.values()) largest = std::max(largest, std::abs(double{g}));
  Check check(network, batch, distance, largest);
  for (const TrainedParameter& p : network.trained()) check.parameter(p, gradients.at(p.name), elements);
  return check.result();
}

}  // namespace actionflow::testing
