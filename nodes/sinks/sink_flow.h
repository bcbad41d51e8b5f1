// How scores leave the graph: as results, in the order of each stream, one at a time.
#pragma once

#include <functional>
#include <string>

#include "nodes/flow/flow.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

// How many of the best classes a result names.
inline constexpr std::size_t kTopClasses = 5;

// The best classes, best first, equal ones in the order of the class list.
std::vector<ScoredLabel> top_classes(const std::vector<float>& scores,
                                     const std::vector<std::string>& classes);

// Adds a serial flow node, `name`, that hands each result of `input` to `write`. Failed and dropped
// windows give none. What `write` throws is a failure of that window.
void add_result_sink(Flow& flow, const std::string& name, const NodeOutput& input,
                     std::function<void(const WindowResult&)> write);

// Hands `input` to the program's own results, and measures the latency.
void add_final_results(Flow& flow, const NodeOutput& input);

}  // namespace actionflow
