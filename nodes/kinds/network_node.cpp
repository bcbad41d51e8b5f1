#include "nodes/kinds/network_node.h"

#include <cmath>

#include <fmt/format.h>

#include "base/log/log.h"
#include "models/graph/advancing.h"
#include "models/graph/cuts.h"
#include "models/graph/traits.h"
#include "models/graph/window_sharing.h"
#include "models/weights/initial_weights.h"
#include "nodes/kinds/network_flow.h"

namespace actionflow {

void NetworkNodeOptions::describe(config::Fields<NetworkNodeOptions>& fields) {
  fields.add("weights", &NetworkNodeOptions::weights,
             "weights file; ours holds the network's description too");
  fields.add("model", &NetworkNodeOptions::model, "model file, where the weights file holds no description");
  fields.add("random_weights", &NetworkNodeOptions::random_weights,
             "instead of weights: random ones from this seed, to measure an untrained network");
  fields.add("calibrated", &NetworkNodeOptions::calibrated,
             "use the temperature and the threshold that are kept with the weights, where there are such");
  fields.add(
      "state", &NetworkNodeOptions::state,
      "carry: goes on along the stream, each sample computed once, by cnn_lstm and cnn3d; clip: zero at "
      "each clip's start; unless told, carry for networks with streams: true, else clip");
  fields.add(
      "advance", &NetworkNodeOptions::advance,
      "how windows that overlap share what they have in common: exact: it is computed once, with the same "
      "results to the bit, which not every network and hop allows; off: each window by itself; auto: exact "
      "where that can be and pays");
}

void NetworkNode::load(const NodeUse& use, config::Diagnostics& diagnostics) {
  if (model_) return;
  const bool named = !options_.weights.empty();
  if (named == options_.random_weights.has_value() || (!named && options_.model.empty())) {
    diagnostics.add(use.place, "'" + use.name +
                                   "' has no network, expected weights: FILE, or model: FILE with "
                                   "random_weights: SEED");
    return;
  }
  std::optional<Architecture> architecture;
  if (!options_.model.empty()) architecture = load_architecture(options_.model);
  if (named) {
    Model model = load_model(options_.weights, architecture ? &*architecture : nullptr);
    if (!options_.calibrated) model.calibration.reset();
    take(std::make_shared<const Model>(std::move(model)));
  } else {
    Weights weights = initial_weights(*architecture, *options_.random_weights);
    take(std::make_shared<const Model>(Model{std::move(*architecture), std::move(weights)}));
  }
}

void NetworkNode::take(std::shared_ptr<const Model> model) {
  model_ = std::move(model);
  form_ = model_->architecture.input;
  if (carries_state()) form_.frames = 1;
}

void NetworkNode::settle(const NodeUse& use, const Neighbours& around, config::Diagnostics& diagnostics) {
  if (!around.inputs.empty()) window_ = around.inputs.front();
  if (!model_) return;
  check_state(use, diagnostics);
  settle_advance(use, diagnostics);
  if (!carries_state()) cut_graph(model_->architecture.graph, cut_, model_->architecture.name);
}

void NetworkNode::check_state(const NodeUse& use, config::Diagnostics& diagnostics) const {
  const std::string network = "the network '" + model_->architecture.name + "'";
  if (carries_state() && cut_ == Cut::branches)
    diagnostics.add(use.place, "'" + use.name + "' cuts its network, but " + network +
                                   " is for streams, expected node: cnn_lstm or cnn3d");
  else if (carries_state() && options_.state == NetworkState::clip)
    diagnostics.add(use.place,
                    "'" + use.name + "' has state: clip, but " + network + " is for streams, expected carry");
  else if (!carries_state() && options_.state == NetworkState::carry)
    diagnostics.add(use.place, "'" + use.name + "' has state: carry, but " + network +
                                   " is not for streams, expected one whose model file says streams: true");
}

namespace {

// What one window costs where it shares with the one `hop` samples before it.
std::int64_t shared_macs(const Graph& graph, std::int64_t hop, Sharing sharing = Sharing::exact) {
  return multiply_accumulates(advancing_windows(graph, hop, sharing).graph);
}

// Windows by themselves run side by side, those that share one after another.
bool pays(const Graph& graph, std::int64_t hop) {
  return shared_macs(graph, hop) <= multiply_accumulates(graph) / 2;
}

}  // namespace

void NetworkNode::settle_advance(const NodeUse& use, config::Diagnostics& diagnostics) {
  if (carries_state()) samples_ = 1;
  if (carries_state() || window_ == nullptr || options_.advance == Advance::off) return;
  const std::int64_t hop = std::llround(window_->hop_seconds() / window_->sample_interval());
  if (hop >= form_.frames) return;
  const Graph& graph = model_->architecture.graph;
  const Sharing sharing = options_.advance == Advance::approximate ? Sharing::approximate : Sharing::exact;
  const std::string why = why_nothing_shared(graph, hop, sharing);
  const bool asked = options_.advance != Advance::automatic;
  if (asked && !why.empty())
    diagnostics.add(use.place, fmt::format("'{}' has advance: {}, but the network '{}' {}", use.name,
                                           to_string(options_.advance), model_->architecture.name, why));
  else if (why.empty() && (asked || pays(graph, hop)))
    share(hop, sharing);
  else if (!why.empty() && hop % least_hop(graph) != 0)
    why_alone_ = why;
}

void NetworkNode::share(std::int64_t hop, Sharing sharing) {
  samples_ = hop;
  sharing_ = sharing;
}

const std::vector<std::string>& NetworkNode::classes() const {
  return model_ ? model_->architecture.classes : Node::classes();
}

std::optional<Node::Cost> NetworkNode::cost() const {
  if (!model_ || window_ == nullptr) return std::nullopt;
  const Architecture& architecture = model_->architecture;
  const double windows = static_cast<double>(architecture.macs()) / window_->hop_seconds();
  if (carries_state()) return Cost{windows / architecture.input.frames, windows};
  if (samples_ == 0) return Cost{windows, windows};
  return Cost{
      static_cast<double>(shared_macs(architecture.graph, samples_, sharing_)) / window_->hop_seconds(),
      windows};
}

const EventCalibration* NetworkNode::event_calibration() const {
  return model_ && model_->calibration && model_->calibration->events ? &*model_->calibration->events
                                                                      : nullptr;
}

NodeOutput NetworkNode::build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) {
  if (!why_alone_.empty())
    log::info("{}: each window is computed by itself: the network '{}' {}", use.name,
              model_->architecture.name, why_alone_);
  NetworkOptions options;
  options.precision = flow.options().precision;
  options.threads = flow.options().threads;
  options.kernels = flow.options().kernels;
  options.samples = samples_;
  options.sharing = sharing_;
  const auto compile = [options, cut = samples_ != 0 ? Cut::none : cut_](const Model& model) {
    return std::make_shared<LoadedNetwork>(Network::compile(model.architecture, model.weights, options, cut),
                                           model.calibration);
  };
  auto slot = std::make_shared<NetworkSlot>(compile(*model_));
  NodeOutput output = build_network(flow, use, slot, inputs.front());
  output.exchange = [slot, compile](const Model& model) { slot->exchange(compile(model)); };
  return output;
}

std::string natural_node_kind(const Architecture& architecture) {
  if (architecture.streams) return "cnn_lstm";
  switch (natural_cut(architecture.graph)) {
    case Cut::before_recurrent:
      return "cnn_lstm";
    case Cut::branches:
      return "fusion_3d2d";
    case Cut::none:
      break;
  }
  return "cnn3d";
}

}  // namespace actionflow
