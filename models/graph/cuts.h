// Cutting a network's graph into parts that a flow graph runs as nodes of its own.
//
// Every part gives one value; a part's inputs are other parts' values or the clip. Running the parts in
// their order gives what the whole graph gives.
#pragma once

#include <string>
#include <vector>

#include "models/graph/graph.h"

namespace actionflow {

enum class Cut {
  none,              // one part
  before_recurrent,  // what is computed per sample, then from the first recurrent layer on
  branches,          // each branch up to where they join, then the rest
};

struct GraphPart {
  std::string name;         // "samples", "recurrent"; "branch_1", …, "joined"; "video", "picture"; "whole"
  Graph graph;              // nodes renumbered; its inputs stand in the order of `inputs`
  std::vector<int> inputs;  // indices of parts, −1 the clip; input k of `graph` is value −1 − k
  std::vector<int> nodes;   // which nodes of the whole graph these are, in order

  // Each step of the result depends on a bounded, unpadded stretch of the clip's samples only, in the
  // same way for each step, so steps can be kept for the next window: step s sees the samples
  // s·time_stride to s·time_stride + time_extent − 1. Says nothing (false) of parts whose input is
  // another part.
  bool per_sample = false;
  int time_stride = 1;
  int time_extent = 1;
};

// none: one part, the whole. before_recurrent: "samples", what the first recurrent layer reads, and
// "recurrent", the rest. branches: each branch from the clip to where they first join, and "joined";
// or, in a single chain whose time ends before its picture does, "video" and "picture".
// Throws ModelError saying why `graph` has no such cut; `name` is the network's, for the message.
std::vector<GraphPart> cut_graph(const Graph& graph, Cut cut, const std::string& name);

// The cut that suits the network: before_recurrent where it has a recurrent layer that can be cut
// off, branches where it has such a cut, else none.
Cut natural_cut(const Graph& graph);

}  // namespace actionflow
