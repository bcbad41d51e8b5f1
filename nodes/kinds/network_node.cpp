#include "nodes/kinds/network_node.h"

#include "models/graph/cuts.h"
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
    model_ = std::make_shared<const Model>(std::move(model));
  } else {
    Weights weights = initial_weights(*architecture, *options_.random_weights);
    model_ = std::make_shared<const Model>(Model{std::move(*architecture), std::move(weights)});
  }
}

void NetworkNode::settle(const NodeUse&, const Neighbours& around, config::Diagnostics&) {
  if (!around.inputs.empty()) window_ = around.inputs.front();
  if (model_) cut_graph(model_->architecture.graph, cut_, model_->architecture.name);
}

const std::vector<std::string>& NetworkNode::classes() const {
  return model_ ? model_->architecture.classes : Node::classes();
}

NodeOutput NetworkNode::build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) {
  NetworkOptions options;
  options.precision = flow.options().precision;
  options.threads = flow.options().threads;
  const auto compile = [options, cut = cut_](const Model& model) {
    return std::make_shared<LoadedNetwork>(Network::compile(model.architecture, model.weights, options, cut),
                                           model.calibration);
  };
  auto slot = std::make_shared<NetworkSlot>(compile(*model_));
  NodeOutput output = build_network(flow, use, slot, inputs.front());
  output.exchange = [slot, compile](const Model& model) { slot->exchange(compile(model)); };
  return output;
}

std::string natural_node_kind(const Architecture& architecture) {
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
