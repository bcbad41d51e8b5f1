#include "pipeline/evaluation/evaluation.h"

#include <atomic>
#include <iostream>

#include "pipeline/commands/commands.h"
#include "pipeline/commands/network_flags.h"
#include "pipeline/commands/shipped_files.h"
#include "pipeline/run/interrupt.h"

namespace actionflow {
namespace {

class Evaluate : public Command {
 public:
  std::string name() const override { return "evaluate"; }
  std::string summary() const override { return "accuracy of a trained network on its recipe's test videos"; }
  std::string files() const override { return "TRAIN.yaml and key=value changes to it"; }

  void declare(CLI::App& app) override {
    app.add_option("--weights", weights_,
                   "the trained network; best.safetensors of the recipe's output unless told")
        ->transform(find_weights)
        ->type_name("FILE");
    app.add_option("--split", split_, "val or test")
        ->check(CLI::IsMember({"val", "test"}).description(""))
        ->capture_default_str()
        ->type_name("NAME");
    app.add_flag("--perturb", perturb_,
                 "and on the same videos shaken, with idle ends, fewer frames, dark, noisy, occluded");
    app.add_option("--threads", threads_, "videos at the same time; one a processor unless told")
        ->check(CLI::PositiveNumber.description(""))
        ->type_name("N");
    app.add_flag("--uncalibrated", uncalibrated_,
                 "scores as the network gives them, without what is kept with the weights");
    add_precision(app, precision_);
  }

  ExitCode run(const Arguments& arguments) override {
    const Recipe recipe = load_recipe(only_file(arguments, "TRAIN.yaml"), arguments.overrides);
    std::atomic<bool> stop{false};
    const StopOnSignal stop_on_signal([&stop] { stop.store(true); });
    const EvaluationRequest request{.split = split_ == "val" ? Split::val : Split::test,
                                    .perturb = perturb_,
                                    .calibrated = !uncalibrated_,
                                    .threads = threads_,
                                    .precision = precision_.value_or(Precision::f32),
                                    .stop = &stop};
    const Evaluation evaluation = evaluate_recipe(
        recipe, weights_.empty() ? recipe.output / "best.safetensors" : std::filesystem::path(weights_),
        request);
    if (arguments.json)
      std::cout << evaluation_json(evaluation) << "\n";
    else
      std::cout << evaluation_text(evaluation);
    return ExitCode::done;
  }

 private:
  std::string weights_;
  std::string split_ = "test";
  bool perturb_ = false, uncalibrated_ = false;
  int threads_ = 0;
  std::optional<Precision> precision_;
};

}  // namespace

std::unique_ptr<Command> evaluate_command() { return std::make_unique<Evaluate>(); }

}  // namespace actionflow
