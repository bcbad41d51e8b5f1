// A network as a node: clips to scores, one instance for all streams.
//
// The three kinds differ in where they cut the network (models/network/network.h). cnn3d runs it whole, as
// many clips at once as the graph has workers. cnn_lstm runs what comes before the recurrence likewise, and
// the recurrent part in order, stream by stream. fusion_3d2d runs the branches of one clip side by side,
// joins them, and runs the rest. Scores leave in the order of each stream. The result does not depend on
// the kind, bit for bit.
//
// A network for streams is run whole by cnn_lstm and cnn3d, sample by sample, its state carried along each
// stream. Where windows overlap, so is any other network that can share what they have in common: each
// stream's windows then run one after another in its lane, with the same result.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/config/optional_path.h"
#include "models/formats/weight_files.h"
#include "nodes/flow/node.h"
#include "nodes/kinds/advance.h"

namespace actionflow {

// How a clip begins: from zero, or where the clip before it left the state.
enum class NetworkState { clip, carry };

struct NetworkNodeOptions {
  OptionalPath weights;
  OptionalPath model;
  std::optional<std::uint64_t> random_weights;
  bool calibrated = true;
  std::optional<NetworkState> state;  // what the network is for, unless told
  Advance advance = Advance::automatic;
  static void describe(config::Fields<NetworkNodeOptions>& fields);
};

class NetworkNode : public Node {
 public:
  using Options = NetworkNodeOptions;
  NetworkNode(Options options, Cut cut) : options_(std::move(options)), cut_(cut) {}
  // A network that is already at hand.
  NetworkNode(std::shared_ptr<const Model> model, Cut cut, Advance advance) : cut_(cut) {
    options_.advance = advance;
    take(std::move(model));
  }

  void load(const NodeUse& use, config::Diagnostics& diagnostics) override;
  void settle(const NodeUse& use, const Neighbours& around, config::Diagnostics& diagnostics) override;
  const InputSpec* input_form() const override { return model_ ? &form_ : nullptr; }
  std::shared_ptr<const Model> model() const override { return model_; }
  bool carries_state() const override { return model_ && model_->architecture.streams; }
  const std::vector<std::string>& classes() const override;
  std::vector<std::filesystem::path> inputs() const override { return {options_.weights, options_.model}; }
  const EventCalibration* event_calibration() const override;
  const Node* window() const override { return window_; }
  std::optional<Cost> cost() const override;
  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override;

 private:
  void take(std::shared_ptr<const Model> model);
  void check_state(const NodeUse& use, config::Diagnostics& diagnostics) const;
  void settle_advance(const NodeUse& use, config::Diagnostics& diagnostics);
  void share(std::int64_t hop, Sharing sharing);

  Options options_;
  Cut cut_;
  std::shared_ptr<const Model> model_;
  InputSpec form_;  // of one clip: a sample where the state is carried
  const Node* window_ = nullptr;
  Sharing sharing_ = Sharing::exact;
  std::int64_t samples_ = 0;  // new ones of a call, where it advances along streams
  std::string why_alone_;     // why windows share nothing, where another hop would change that
};

// The kind of node that suits a network: "cnn_lstm" where it is for streams, or it has a recurrent layer that
// can be cut off, "fusion_3d2d" where it has branches or ends in 2D layers, else "cnn3d".
std::string natural_node_kind(const Architecture& architecture);

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::NetworkState> {
  using State = actionflow::NetworkState;
  static constexpr std::array<std::pair<State, std::string_view>, 2> names{
      {{State::clip, "clip"}, {State::carry, "carry"}}};
};
