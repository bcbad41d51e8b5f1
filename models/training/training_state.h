// What a TrainingNetwork has, and what it does with a batch: training_state.cpp makes it ready,
// training_step.cpp runs it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/kernels/entry.h"
#include "models/plan/memory.h"
#include "models/training/part_runs.h"
#include "models/training/plan/train_plan.h"
#include "models/training/training_network.h"

namespace actionflow {

struct TrainingNetwork::State {
  Architecture architecture;
  Weights weights;
  TrainingOptions options;
  FittedLoss loss;
  Graph graph;  // without the closing activation
  kernels::ElementType type = kernels::ElementType::f32;
  kernels::Normalisation normalisation;

  std::vector<training::ParameterUse> parameters;  // all, each once
  std::vector<bool> frozen_statistics;
  std::map<std::string, Tensor> gradients;
  std::vector<TrainedParameter> trained;

  training::Ranks alone;
  training::Ranks* ranks = &alone;
  std::map<std::int64_t, std::unique_ptr<const training::TrainPlan>> plans;  // by clips
  std::vector<Memory> arenas;                                                // by own part
  std::size_t arena_bytes = 0;
  const training::TrainPlan* last = nullptr;  // the last batch's
  training::StepKey last_key;

  // Of batches in parts: where each parameter's gradient stands in a part's row of them, how many floats have
  // their last value after a step, by step, and the rows.
  std::vector<std::size_t> places;
  std::vector<std::int64_t> complete_after;
  std::vector<Memory> rows;
  std::optional<training::GradientExchange> exchange;

  void find_parameters();
  bool is_frozen(const std::string& name) const;
  float rate_of(const std::string& name) const;
  void refresh_trained();
  bool in_parts() const { return options.micro_batch > 0; }
  std::int64_t clips_a_part() const { return in_parts() ? options.micro_batch : options.batch; }
  training::BatchParts divide(std::int64_t clips) const {
    return {clips, in_parts() ? options.micro_batch : clips, ranks->count()};
  }
  const training::TrainPlan& plan(std::int64_t clips);
  void allocate_arenas(std::size_t bytes);
  std::size_t trained_bytes() const;
  void check_step_memory(std::size_t bytes) const;
  void make_rows();
  training::TrainRun run();
  training::PartRuns runs(std::int64_t clips, training::StepKey key);
  Tensor gather_output(const training::PartRuns& runs, std::int64_t clips);
  template <class Target>
  void share_rows(const training::BatchParts& parts, std::span<Target> values);
  void backward(training::PartRuns& runs);
  void add_gradients(std::span<const float> row);
  // `loss_of` takes the logits, N×K or, of several samples, N×K×T.
  template <class Loss>
  BatchResult step(training::PartRuns runs, const Loss& loss_of, float share);
  BatchResult step(training::PartRuns runs, const Tensor& targets, float share);
  training::PartRuns enter(std::span<const std::uint8_t* const> frames, const Mixing* mixing,
                           training::StepKey key);
};

}  // namespace actionflow
