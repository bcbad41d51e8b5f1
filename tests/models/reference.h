// What a network computes, by plain loops: the measure of every plan and kernel.
//
// One small function an operation, written from the comments of models/graph/graph.h alone; nothing of the
// layers' or plans' code is used. Values are N×C×T×H×W float32, sums are taken in double, and each node's
// result is rounded to float32 once. Slow on purpose.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/graph/graph.h"

namespace actionflow::testing {

using ParameterValues = std::map<std::string, Tensor>;  // by Parameter::name

// The value of every node, in the graph's order. inputs[0] is the clip, inputs[1 + k] further_inputs[k].
std::vector<Tensor> reference_values(const Graph& graph, const ParameterValues& parameters,
                                     std::span<const Tensor> inputs);

// The network's result.
Tensor reference(const Graph& graph, const ParameterValues& parameters, const Tensor& input);

// How far `actual` lies from `expected`: the largest and the mean absolute difference, both divided by
// the largest absolute value of `expected`. Infinite where shapes or finiteness differ.
struct Deviation {
  double largest = 0, mean = 0;
};
Deviation deviation(const Tensor& actual, const Tensor& expected);

}  // namespace actionflow::testing
