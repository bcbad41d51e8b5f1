// What stands in the flow graph: the interface of a node, and of its kind.
//
// A node lives through three steps. It is read from its options, by its kind, and then `load`s what it
// needs from files. The whole graph is checked: `settle`, inputs before consumers. Only when all nodes
// of a pipeline settled without an error, each is built into a tbb::flow graph. One file holds one kind;
// nodes/node_kinds.h lists them all. Reading, settling and building happen on one thread.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/config.h"
#include "base/tensor/input_spec.h"
#include "models/kernels/convolution/kernel_choices.h"
#include "models/network/network.h"
#include "models/weights/calibration.h"
#include "nodes/events/event_options.h"
#include "nodes/flow/flow.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

// `results` is for inputs that take scores or events.
enum class PortType { nothing, packets, frames, clips, scores, events, results };

std::string_view to_string(PortType type);
// An input of this type takes what an output of that type gives.
bool takes(PortType input, PortType output);

// Where a node stands.
struct NodeUse {
  std::string name;
  config::Place place;
  std::vector<StreamId> streams;  // those whose items reach it when the run begins
  std::vector<std::string> only;  // names of the streams that it is for; empty: all, later ones too

  bool reached_by(const std::string& stream) const {
    return only.empty() || std::find(only.begin(), only.end(), stream) != only.end();
  }
};

// The pipeline's `options`, as far as nodes need them.
struct GraphOptions {
  int workers = 1;  // nodes that run at the same time
  int threads = 1;  // inside one call of a network
  Precision precision = Precision::f32;
  std::shared_ptr<const kernels::KernelChoices> kernels = {};  // null: the fixed order
};

class Node {
 public:
  virtual ~Node() = default;

  // Reads the files that the node names. What is wrong goes to `diagnostics`, at the node's place.
  virtual void load(const NodeUse&, config::Diagnostics&) {}

  // Checks the node among its neighbours. Inputs are settled before.
  struct Neighbours {
    std::vector<Node*> inputs;
    std::vector<std::string> input_names;
    std::vector<Node*> consumers;
    std::vector<std::string> consumer_names;
  };
  virtual void settle(const NodeUse&, const Neighbours&, config::Diagnostics&) {}

  // The clips that it wants, where it takes clips; null where it could not be loaded.
  virtual const InputSpec* input_form() const { return nullptr; }
  // Whether its state goes on from clip to clip, so that clips have to follow each other without an overlap.
  virtual bool carries_state() const { return false; }
  // The network that it runs when the run begins, with its weights; null where it has none.
  virtual std::shared_ptr<const Model> model() const { return nullptr; }
  // What it scores, where it gives scores.
  virtual const std::vector<std::string>& classes() const;
  // When they count as an action, as the network's weights have it; null where they do not say.
  virtual const EventCalibration* event_calibration() const { return nullptr; }
  // What makes scores an action, where it gives events: its own options over its network's calibration.
  virtual const EventOptions* event_options() const { return nullptr; }
  // The input that its clips come from, for nodes of scores: results of one window node only can be joined.
  virtual const Node* window() const { return nullptr; }

  // How long one of its clips is, from one's start to the next one's, and from sample to sample, where it
  // gives clips.
  virtual double window_seconds() const { return 0; }
  virtual double hop_seconds() const { return 0; }
  virtual double sample_interval() const { return 0; }

  // What its network costs, where it has one: multiply-accumulates for a second of one stream.
  struct Cost {
    double as_it_runs = 0;
    double whole_windows = 0;  // each window of the length that it was trained on, at this hop
  };
  virtual std::optional<Cost> cost() const { return std::nullopt; }

  // The files that it reads, once or while it runs.
  virtual std::vector<std::filesystem::path> inputs() const { return {}; }
  // The files that it writes when these streams reach it. Once it is settled.
  virtual std::vector<std::filesystem::path> outputs(const std::vector<std::string>& streams) const;

  // What a person should know, though it runs: a sentence each. Once it is settled.
  virtual std::vector<std::string> warnings() const { return {}; }

  // Adds it to the graph. Throws Error where that cannot be done.
  virtual NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) = 0;
};

struct NodeKind {
  std::string name;
  std::string help;              // one line
  std::vector<PortType> inputs;  // of each input in `from`, in order
  bool many = false;             // the last input may stand several times
  PortType output = PortType::nothing;
  bool state = false;               // stands once a stream
  bool options_may_change = false;  // while it runs
  std::unique_ptr<Node> (*read)(const config::Value& options, config::Diagnostics& diagnostics) = nullptr;
  std::string (*options)() = nullptr;    // one line an option
  config::Schema (*schema)() = nullptr;  // of its options
};

// The keys that stand beside a node's own options.
inline const std::vector<std::string>& keys_beside_node_options() {
  static const std::vector<std::string> keys{"node", "from", "streams"};
  return keys;
}

inline bool is_network(const NodeKind& kind) {
  return kind.inputs == std::vector<PortType>{PortType::clips} && kind.output == PortType::scores;
}

// N is built from its Options, a described struct.
template <class N>
NodeKind node_kind(std::string name, std::string help, std::vector<PortType> inputs, PortType output,
                   bool state) {
  using Options = typename N::Options;
  NodeKind kind;
  kind.name = std::move(name);
  kind.help = std::move(help);
  kind.inputs = std::move(inputs);
  kind.output = output;
  kind.state = state;
  kind.read = [](const config::Value& options, config::Diagnostics& diagnostics) -> std::unique_ptr<Node> {
    return std::make_unique<N>(config::read<Options>(options, diagnostics, keys_beside_node_options()));
  };
  kind.options = [] { return config::help<Options>(); };
  kind.schema = [] { return config::schema_of<Options>(); };
  return kind;
}

}  // namespace actionflow
