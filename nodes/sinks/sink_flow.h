// How scores and events leave the graph: as results, in the order of each stream, on the threads of sinks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nodes/flow/flow.h"
#include "nodes/flow/node.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

// How many of the best classes a result names.
inline constexpr std::size_t kTopClasses = 5;

// The best classes, best first, equal ones in the order of the class list.
std::vector<ScoredLabel> top_classes(const std::vector<float>& scores,
                                     const std::vector<std::string>& classes);

// Has the results of `input`, its windows or its events, written to `sink`, on a thread of its own. Failed
// and dropped windows give none.
void add_result_sink(Flow& flow, const NodeUse& use, const NodeOutput& input,
                     std::shared_ptr<ResultSink> sink);

// Hands `input`, the output of the node `use`, to the program's own results, and measures the latency.
void add_final_results(Flow& flow, const NodeUse& use, const NodeOutput& input);

}  // namespace actionflow
