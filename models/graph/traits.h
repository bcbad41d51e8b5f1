// What passes over a graph (cuts, fusing, memory, costs) ask of an operation, so that none of them goes
// through the kinds of operation. Each operation answers in a file of its own below models/graph/operations/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/graph/graph.h"

namespace actionflow {

// Step s of a result sees the `extent` steps of each input from s·stride − pad_begin on, every step in the
// same way; what lies outside is padding.
struct TimeWindow {
  int stride = 1, extent = 1;
  int pad_begin = 0, pad_end = 0;
  std::optional<float> outside = 0.0F;  // what padding counts as; nothing where it is left out of a count
  bool padded() const { return pad_begin != 0 || pad_end != 0; }
};

// The result as memory of the first input's value: its bytes as they are, under another shape, or from one
// position on.
enum class View { none, same, reshaped, part };

// What an operation is to the product before it, when they run as one step.
enum class Follower { none, activation, scale_shift, identity, sum };

struct Traits {
  std::string name;  // "convolution", "max pooling", "lstm"
  // Products of one clip, padding counted; 0 for what is neither convolution, dense nor recurrent. Saturates.
  std::int64_t multiply_accumulates = 0;

  // Nothing where a step sees all steps, those of its own past, or others than its neighbours.
  std::optional<TimeWindow> time = TimeWindow{};
  bool recurrent = false;  // carries a state from step to step
  bool backward = false;   // of a recurrent one: from the last step to the first

  bool joins = false;        // where values of several branches meet
  bool channelwise = false;  // a channel of the result is made of that channel of the first input alone
  bool in_place = false;     // the result may be written over the first input
  bool moves = false;        // each element of the result is one of an input's, or zero

  View view = View::none;
  std::int64_t first = 0;         // of View::part: the position of a clip that it begins with
  bool only_in_training = false;  // View::same holds when running, not in training

  Follower follower = Follower::none;
  bool takes_followers = false;  // but sums
  bool takes_sums = false;
  bool reads_padding = false;  // of a flattened value: its weights can have zeros there
};

Traits traits(const Graph& graph, const GraphNode& node);

// Of all nodes. Saturates.
std::int64_t multiply_accumulates(const Graph& graph);

}  // namespace actionflow
