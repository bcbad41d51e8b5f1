#include "base/npy.h"
#include "models/network.h"
#include "models/weight_files.h"
#include "pipeline/commands/commands.h"
#include "pipeline/commands/network_flags.h"

namespace actionflow {
namespace {

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
    const Model model = flags_.load(arguments);
    const Tensor input = read_npy(input_);
    const std::shared_ptr<const Network> network = flags_.compile(model, batch_of(input, model.architecture));
    Workspace workspace(*network);
    write_npy(output_, network->predict(input, workspace));
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
