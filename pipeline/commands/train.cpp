#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "pipeline/commands/commands.h"
#include "pipeline/recipe/recipe_files.h"
#include "pipeline/run/process/interrupt.h"
#include "pipeline/training/show_augmentation.h"
#include "pipeline/training/trainer.h"

namespace actionflow {
namespace {

// Each epoch's line of metrics.jsonl on standard output; or, for people, what came of it all.
class EpochPrinter : public TrainingObserver {
 public:
  EpochPrinter(bool json, std::filesystem::path best) : json_(json), best_file_(std::move(best)) {}

  void begin(int, std::int64_t) override {}
  void step(const StepMetrics&) override {}
  void epoch(const EpochMetrics& metrics) override {
    if (json_) std::cout << metrics.line() << std::endl;
    last_ = metrics;
  }
  void finish() override {
    if (json_) return;
    if (last_) {
      std::cout << fmt::format("epoch {}: loss {:.4f}, train top-1 {:.1f} %", last_->epoch, last_->loss,
                               100 * last_->train_top1);
      if (std::isfinite(last_->val_top1))
        std::cout << fmt::format(", val top-1 {:.1f} %", 100 * last_->val_top1);
      std::cout << "\n";
    }
    std::cout << best_file_.string() << "\n";
  }

 private:
  const bool json_;
  const std::filesystem::path best_file_;
  std::optional<EpochMetrics> last_;
};

class Train : public Command {
 public:
  std::string name() const override { return "train"; }
  std::string summary() const override { return "train a network on videos, as a recipe says"; }
  std::string files() const override { return "TRAIN.yaml and key=value changes to it"; }

  void declare(CLI::App& app) override {
    app.add_flag("--resume", resume_, "go on where the output folder's run was stopped");
    app.add_option("--show-augmentation", sheet_, "draw clips as the network will see them, and nothing else")
        ->type_name("OUT.png");
    app.add_flag("--print-config", print_config_, "the effective configuration, and nothing else");
  }

  ExitCode run(const Arguments& arguments) override {
    const config::Value document = config::load(only_file(arguments, "TRAIN.yaml"), arguments.overrides);
    const Recipe recipe = read_recipe(document);
    if (print_config_) {
      std::cout << print_recipe(recipe, document);
      return ExitCode::done;
    }
    if (!sheet_.empty()) {
      require_data_files(recipe, document);
      show_augmentation(recipe, sheet_);
      return ExitCode::done;
    }
    // A run that goes on has its weights already.
    resume_ ? require_data_files(recipe, document) : require_training_files(recipe, document);
    TrainerOptions options;
    options.resume = resume_;
    options.observers.push_back(
        std::make_shared<EpochPrinter>(arguments.json, recipe.output / "best.safetensors"));
    Trainer trainer(recipe, document, options);
    const StopOnSignal stop_on_signal([&trainer] { trainer.stop(); });
    return trainer.run();
  }

 private:
  bool resume_ = false;
  std::string sheet_;
  bool print_config_ = false;
};

}  // namespace

std::unique_ptr<Command> train_command() { return std::make_unique<Train>(); }

}  // namespace actionflow
