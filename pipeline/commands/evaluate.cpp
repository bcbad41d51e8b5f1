#include "pipeline/evaluation/evaluation.h"

#include <fmt/format.h>

#include <atomic>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "pipeline/commands/arguments/network_flags.h"
#include "pipeline/commands/arguments/shard.h"
#include "pipeline/commands/arguments/shipped_files.h"
#include "pipeline/commands/commands.h"
#include "pipeline/evaluation/report.h"
#include "pipeline/recipe/recipe_files.h"
#include "pipeline/run/process/interrupt.h"

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
    app.add_option("--report", report_,
                   "a page with the streams as timelines and pictures of the worst mistakes")
        ->type_name("FILE.html");
    app.add_option(
           "--calibrate", calibrate_,
           "the weights with temperature and thresholds fitted on the validation split are written there")
        ->type_name("FILE");
    app.add_option("--answers", answers_,
                   "a folder where answers to videos are kept, and not asked for again; runs share it")
        ->type_name("FOLDER");
    app.add_option("--shard", shard_,
                   "one share of the videos, into --answers: i/n, or auto or auto/n in a job array")
        ->type_name("i/n");
    add_precision(app, precision_);
  }

  ExitCode run(const Arguments& arguments) override {
    const config::Value document = config::load(only_file(arguments, "TRAIN.yaml"), arguments.overrides);
    const Recipe recipe = read_recipe(document);
    require_data_files(recipe, document);
    std::atomic<bool> stop{false};
    const StopOnSignal stop_on_signal([&stop] { stop.store(true); });
    const EvaluationRequest request{.split = split_ == "val" ? Split::val : Split::test,
                                    .perturb = perturb_,
                                    .calibrated = !uncalibrated_ && calibrate_.empty(),
                                    .threads = threads_,
                                    .precision = precision_.value_or(Precision::f32),
                                    .stop = &stop,
                                    .answers = answers_,
                                    .share = share(),
                                    .pictures = !report_.empty()};
    const std::filesystem::path weights =
        weights_.empty() ? recipe.output / "best.safetensors" : std::filesystem::path(weights_);
    const Evaluation evaluation = evaluate_recipe(recipe, weights, request);
    if (request.share) return tell_share(evaluation, arguments.json);
    if (!calibrate_.empty()) write_calibrated(weights, evaluation);
    if (!report_.empty()) write_report(evaluation);
    if (arguments.json)
      std::cout << evaluation_json(evaluation) << "\n";
    else
      std::cout << evaluation_text(evaluation);
    return ExitCode::done;
  }

 private:
  std::function<bool(const std::string&)> share() const {
    if (shard_.empty()) return {};
    if (answers_.empty()) throw UsageError("--shard wants --answers FOLDER, where its answers are kept");
    if (!calibrate_.empty() || !report_.empty())
      throw UsageError("--shard only fills --answers; leave --calibrate and --report to the run without it");
    return [shard = read_shard(shard_)](const std::string& name) { return shard.holds(name); };
  }

  ExitCode tell_share(const Evaluation& evaluation, bool json) const {
    if (json)
      std::cout << nlohmann::json{{"shard", shard_}, {"answered", evaluation.answered}} << "\n";
    else
      std::cout << fmt::format("share {}: {} answers are new in {}\n", shard_, evaluation.answered, answers_);
    return ExitCode::done;
  }

  void write_report(const Evaluation& evaluation) const {
    if (!evaluation.streams)
      throw UsageError("--report draws streams, and '" + evaluation.split + "' has none");
    Report report;
    report.title = evaluation.network + ", " + evaluation.split;
    report.classes = evaluation.classes;
    report.streams = evaluation.streams;
    replace_file(report_, report_html(report));
  }

  void write_calibrated(const std::filesystem::path& weights, const Evaluation& evaluation) const {
    if (!evaluation.calibration)
      throw UsageError(
          "--calibrate fits nothing: it takes a validation split of at least 20 readable videos, "
          "or of streams in which something happens; set data.val or data.val_share");
    Model model = load_model(weights);
    model.calibration = evaluation.calibration;
    save_model(model, calibrate_);
  }

  std::string weights_, report_, calibrate_, answers_, shard_;
  std::string split_ = "test";
  bool perturb_ = false, uncalibrated_ = false;
  int threads_ = 0;
  std::optional<Precision> precision_;
};

}  // namespace

std::unique_ptr<Command> evaluate_command() { return std::make_unique<Evaluate>(); }

}  // namespace actionflow
