// ensemble: the mean of several networks' probabilities.
#include "nodes/flow/join_node.h"
#include "nodes/flow/process_item.h"
#include "nodes/kinds/kinds.h"
#include "nodes/kinds/mean_scores.h"

namespace actionflow {

namespace {

struct EnsembleOptions {
  std::vector<double> weights;
  static void describe(config::Fields<EnsembleOptions>& fields) {
    fields
        .add("weights", &EnsembleOptions::weights,
             "how much each input counts, in their order; equal unless given")
        .at_least(0);
  }
};

class EnsembleNode : public Node {
 public:
  using Options = EnsembleOptions;
  explicit EnsembleNode(Options options) : options_(std::move(options)) {}

  void settle(const NodeUse& use, const Neighbours& around, config::Diagnostics& diagnostics) override {
    check_weights(use, around.inputs.size(), diagnostics);
    const std::string& first_name = around.input_names.front();
    window_ = around.inputs.front()->window();
    for (std::size_t i = 0; i < around.inputs.size(); ++i) {
      const Node& input = *around.inputs[i];
      if (classes_.empty()) classes_ = input.classes();
      if (!input.classes().empty() && input.classes() != classes_) {
        diagnostics.add(use.place,
                        "'" + first_name + "' and '" + around.input_names[i] + "' have different classes (" +
                            class_difference(classes_, input.classes()) + "), expected one class list");
      }
      if (input.window() != window_) {
        diagnostics.add(use.place, "'" + first_name + "' and '" + around.input_names[i] +
                                       "' stand below different window nodes, expected windows of one");
      }
    }
  }

  const std::vector<std::string>& classes() const override { return classes_; }
  const Node* window() const override { return window_; }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    std::vector<Sender<Scores>*> senders;
    senders.reserve(inputs.size());
    for (const NodeOutput& input : inputs) senders.push_back(input.scores);
    RunContext& run = flow.run();
    const std::vector<double> shares = normalised(inputs.size());
    auto body = [&run, name = use.name, shares](const Item<std::vector<Scores>>& item) {
      return process_item<Scores>(run, name, item, [&](const std::vector<Scores>& scores) -> Outcome<Scores> {
        return mean_scores(name, scores, shares);
      });
    };
    auto& node = make_serial<std::vector<Scores>, Scores>(flow, body);
    tbb::flow::make_edge(join_by_key(flow, senders), node);
    NodeOutput output;
    output.scores = &tbb::flow::output_port<0>(node);
    output.window = inputs.front().window;
    return output;
  }

 private:
  void check_weights(const NodeUse& use, std::size_t inputs, config::Diagnostics& diagnostics) const {
    if (options_.weights.empty()) return;
    double sum = 0;
    for (const double weight : options_.weights) sum += weight;
    if (options_.weights.size() != inputs || sum <= 0) {
      diagnostics.add(use.place, "weights of '" + use.name + "' are " +
                                     std::to_string(options_.weights.size()) + " numbers, expected " +
                                     std::to_string(inputs) + ", one an input, not all 0");
    }
  }

  std::vector<double> normalised(std::size_t inputs) const {
    std::vector<double> shares = options_.weights;
    if (shares.empty()) shares.assign(inputs, 1);
    double sum = 0;
    for (const double share : shares) sum += share;
    for (double& share : shares) share /= sum;
    return shares;
  }

  Options options_;
  std::vector<std::string> classes_;
  const Node* window_ = nullptr;
};

}  // namespace

NodeKind ensemble_kind() {
  NodeKind kind = node_kind<EnsembleNode>("ensemble", "the mean of several networks' probabilities",
                                          {PortType::scores}, PortType::scores, false);
  kind.many = true;
  return kind;
}

}  // namespace actionflow
