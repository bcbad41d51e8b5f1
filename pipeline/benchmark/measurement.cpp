#include "pipeline/benchmark/measurement.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace actionflow {

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

const StageSummary* find_stage(const Round& round, const std::string& name) {
  const auto& stages = round.summary.stages;
  const auto found = std::find_if(stages.begin(), stages.end(),
                                  [&](const StageSummary& stage) { return stage.name == name; });
  return found == stages.end() ? nullptr : &*found;
}

}  // namespace

Spread Measurement::over(const std::function<double(const Round&)>& figure) const {
  std::vector<double> values;
  for (const Round& round : rounds) values.push_back(figure(round));
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return {median(values), *least, *most};
}

Spread Measurement::windows_per_second() const {
  return over([](const Round& round) {
    const Summary& summary = round.summary;
    return summary.seconds > 0 ? static_cast<double>(summary.windows()) / summary.seconds : 0;
  });
}

double Measurement::latency_ms(double StageSummary::*quantile) const {
  return over([&](const Round& round) { return round.summary.latency.*quantile; }).median;
}

std::vector<StageSummary> Measurement::stages() const {
  std::vector<StageSummary> stages;
  for (StageSummary stage : rounds.front().summary.stages) {
    const auto of_rounds = [&](double StageSummary::*figure) {
      return over([&](const Round& round) {
               const StageSummary* const there = find_stage(round, stage.name);
               return there == nullptr ? 0 : there->*figure;
             })
          .median;
    };
    const double mean = over([&](const Round& round) {
                          const StageSummary* const there = find_stage(round, stage.name);
                          return there == nullptr ? 0 : mean_ms(*there);
                        }).median;
    stage.total_ms = mean * static_cast<double>(stage.calls);
    for (double StageSummary::*quantile :
         {&StageSummary::p50_ms, &StageSummary::p90_ms, &StageSummary::p99_ms, &StageSummary::p999_ms})
      stage.*quantile = of_rounds(quantile);
    stages.push_back(std::move(stage));
  }
  return stages;
}

std::vector<NetworkCost> costs_of(const PipelineDescription& description) {
  std::vector<NetworkCost> costs;
  for (const NodeDescription& node : description.nodes)
    if (const auto cost = node.node->cost()) costs.push_back({node.use.name, *cost});
  return costs;
}

double mean_ms(const StageSummary& stage) {
  return stage.calls > 0 ? stage.total_ms / static_cast<double>(stage.calls) : 0;
}

// proc(5), /proc/pid/clear_refs: 5 begins the peak anew.
PeakMemory::PeakMemory() { std::ofstream("/proc/self/clear_refs") << 5; }

std::uint64_t PeakMemory::bytes() const {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace actionflow
