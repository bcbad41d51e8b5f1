#include <iostream>
#include <nlohmann/json.hpp>

#include "base/tensor/npy.h"
#include "base/text/json_text.h"
#include "models/formats/weight_files.h"
#include "models/network/network.h"
#include "pipeline/commands/arguments/network_flags.h"
#include "pipeline/commands/commands.h"
#include "pipeline/graph/output_check.h"

namespace actionflow {
namespace {

// Whether a value is a vector by what made it, not by a picture that happens to be 1×1×1.
bool is_vector(const Graph& graph, int value) {
  if (value < 0) return false;
  const GraphNode& node = graph.nodes[static_cast<std::size_t>(value)];
  if (node.extents.positions() != 1) return false;
  if (const auto* reduction = std::get_if<Reduction>(&node.operation))
    return reduction->time && reduction->space;
  if (const auto* recurrent = std::get_if<Recurrent>(&node.operation)) return !recurrent->sequence;
  if (std::holds_alternative<Reshape>(node.operation)) return true;
  if (std::holds_alternative<Convolution>(node.operation) || std::holds_alternative<Pooling>(node.operation))
    return false;
  return is_vector(graph, node.inputs.front());
}

// N×C for a vector, as Keras and PyTorch have it; else N×C×T×H×W.
Tensor without_empty_axes(Tensor result, const Graph& graph) {
  if (!is_vector(graph, graph.output)) return result;
  const Shape shape{result.dim(0), result.dim(1)};
  return std::move(result).reshaped(shape);
}

class Predict : public Command {
 public:
  std::string name() const override { return "predict"; }
  std::string summary() const override {
    return "run one network on one tensor: N×C×T×H×W float32, already normalised";
  }
  std::string files() const override {
    return "MODEL.yaml and key=value changes to it; may be left out when the weights hold the network";
  }

  void declare(CLI::App& app) override {
    flags_.declare(app);
    app.add_option("--input", input_, "the tensor, NumPy .npy")->required()->type_name("X.npy");
    app.add_option("--output", output_, "where the last layer's result goes")->required()->type_name("Y.npy");
  }

  ExitCode run(const Arguments& arguments) override {
    if (is_one_file(output_, input_) || is_one_file(output_, flags_.weights))
      throw UsageError("--output " + output_ + " would overwrite what is read, expected a file of its own");
    const Model model = flags_.load(arguments);
    const Tensor input = read_npy(input_);
    const std::shared_ptr<const Network> network =
        flags_.compile(model, {.batch = batch_of(input, model.architecture)});
    Workspace workspace(*network);
    const Tensor result = without_empty_axes(network->predict(input, workspace), model.architecture.graph);
    write_npy(output_, result);
    if (arguments.json) {
      std::cout << json_text(nlohmann::ordered_json{{"output", output_}, {"shape", result.shape()}}) << "\n";
    }
    return ExitCode::done;
  }

 private:
  // The number of clips in the tensor; throws ModelError when it is not the network's input.
  std::int64_t batch_of(const Tensor& input, const Architecture& architecture) const {
    const Extents& in = architecture.graph.input;
    const Shape expected{in.c, in.t, in.h, in.w};
    const Shape& shape = input.shape();
    if (shape.size() != 5 || shape[0] < 1 ||
        !std::equal(expected.begin(), expected.end(), shape.begin() + 1)) {
      throw ModelError(input_ + ": shape " + to_string(shape) + " does not fit network '" +
                       architecture.name + "', which takes N×" + to_string(in));
    }
    return shape[0];
  }

  NetworkFlags flags_;
  std::string input_, output_;
};

}  // namespace

std::unique_ptr<Command> predict_command() { return std::make_unique<Predict>(); }

}  // namespace actionflow
