#include "models/training/optimizer/average.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "models/training/optimizer/optimizer_loops.h"

namespace actionflow {

void AverageOptions::describe(config::Fields<AverageOptions>& fields) {
  fields.add("decay", &AverageOptions::decay, "share of the average kept at each step; 0: no average")
      .range(0, 0.999999);
  fields.add("warm_up", &AverageOptions::warm_up, "a smaller decay in the first steps");
}

WeightAverage::WeightAverage(const AverageOptions& options, const Weights& weights)
    : options_(options), average_(weights) {}

void WeightAverage::update(const Weights& weights) {
  const auto n = static_cast<double>(updates_++);
  const double decay = options_.warm_up ? std::min(options_.decay, (1 + n) / (10 + n)) : options_.decay;
  const auto share = static_cast<float>(1 - decay);
  std::vector<std::pair<const float*, float*>> pairs;
  std::vector<std::size_t> sizes;
  for (auto& [name, tensor] : average_.tensors) {
    pairs.emplace_back(weights.tensors.at(name).data(), tensor.data());
    sizes.push_back(static_cast<std::size_t>(tensor.size()));
  }
  training::for_each_stretch(training::stretches_of(sizes), [&](const training::Stretch& at) {
    const float* now = pairs[at.parameter].first + at.begin;
    float* average = pairs[at.parameter].second + at.begin;
    for (std::size_t i = 0; i < at.count; ++i) average[i] += share * (now[i] - average[i]);
  });
}

void WeightAverage::load(Weights average, std::int64_t updates) {
  for (const auto& [name, tensor] : average_.tensors) {
    const auto found = average.tensors.find(name);
    if (found == average.tensors.end()) {
      throw ModelError(fmt::format("the average of the weights has no '{}'", name));
    }
    if (found->second.shape() != tensor.shape()) {
      throw ModelError(fmt::format("the average of '{}' is {}, expected {}", name,
                                   to_string(found->second.shape()), to_string(tensor.shape())));
    }
  }
  if (average.tensors.size() != average_.tensors.size())
    throw ModelError("the average of the weights has more tensors than the network");
  average_ = std::move(average);
  updates_ = updates;
}

}  // namespace actionflow
