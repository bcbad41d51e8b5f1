// A training plan looked at from outside: where numbers stop being finite, and what each step costs.
//
// Forward passes are run again for it; batch norms' moving statistics stay as they are.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/graph/graph.h"
#include "models/plan/measure.h"
#include "models/training/optimizer/optimizer.h"
#include "models/training/plan/train_plan.h"
#include "models/weights/weights.h"

namespace actionflow::training {

// Each gives the name of the first that is not finite, or an empty string.
// Moving statistics left out: a bad value spoils those of each batch norm above it.
std::string bad_parameter(const Graph& graph, const Weights& weights);
// "input", or the first step whose value is not finite in a forward pass of what stands at the plan's input.
std::string bad_value(const TrainPlan& plan, const TrainRun& run, const Graph& graph, Weights& weights);
// "the gradient of NAME", in the order of the backward pass.
std::string bad_gradient(std::span<const TrainedParameter> trained);

// Each step's forward pass, then each backward pass, timed alone; names end in "forward" or "backward". Adds
// to the run's gradients.
std::vector<PlanStep> measure_steps(const TrainPlan& plan, const TrainRun& run, const Graph& graph,
                                    Weights& weights, int threads, int repetitions);

}  // namespace actionflow::training
