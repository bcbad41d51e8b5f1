#include <iostream>
#include <nlohmann/json.hpp>

#include "base/log/log.h"
#include "base/text/json_text.h"
#include "models/formats/weight_files.h"
#include "pipeline/commands/arguments/shipped_files.h"
#include "pipeline/commands/commands.h"
#include "pipeline/graph/output_check.h"

namespace actionflow {
namespace {

class Convert : public Command {
 public:
  std::string name() const override { return "convert"; }
  std::string summary() const override { return "weights between formats, by suffix"; }
  std::string files() const override { return "IN OUT"; }

  void declare(CLI::App& app) override {
    app.add_option("--model", model_, "the network, where IN does not hold its architecture")
        ->type_name("MODEL.yaml");
    app.add_option(
           "--names", names_,
           "tensors' names on the side that is not ours: 'torch', PyTorch's in OUT, or a file of lines "
           "'ours: theirs'")
        ->type_name("torch|MAP.yaml");
    app.add_flag("--frame{summed}", frame_,
                 "of a network for clips, --model being one for pictures: kernels are summed over "
                 "time, or =middle")
        ->check(CLI::IsMember({"summed", "middle"}).description(""));
    app.add_flag("--inflate{repeated}", inflate_,
                 "of a network for pictures, --model being one for clips: kernels are repeated in time and "
                 "divided, or =centered")
        ->check(CLI::IsMember({"repeated", "centered"}).description(""));
  }

  ExitCode run(const Arguments& arguments) override {
    if (arguments.files.size() != 2) {
      throw UsageError("expected IN and OUT, got " + std::to_string(arguments.files.size()) + " files");
    }
    if (is_one_file(arguments.files[0], arguments.files[1]))
      throw UsageError("OUT is IN, " + arguments.files[1] + ", expected a file of its own");
    const Conversion done = convert_weights(arguments.files[0], arguments.files[1], options());
    if (arguments.json) print_json(arguments.files[1], done);
    for (const std::string& note : done.notes) log::info("{}", note);
    log::info("{} written", arguments.files[1]);
    if (done.model_file) log::info("its model file: {}", done.model_file->string());
    return ExitCode::done;
  }

 private:
  ConvertOptions options() const {
    if (!inflate_.empty() && !frame_.empty()) throw UsageError("expected one of --inflate and --frame");
    ConvertOptions options;
    if (!model_.empty()) options.model_file = find_model(model_);
    options.torch_names = names_ == "torch";
    if (!names_.empty() && !options.torch_names) options.name_map = find_names(names_);
    if (!inflate_.empty())
      options.time_change = inflate_ == "centered" ? TimeChange::centered : TimeChange::repeated;
    if (!frame_.empty()) options.time_change = frame_ == "middle" ? TimeChange::middle : TimeChange::summed;
    return options;
  }

  static void print_json(const std::string& output, const Conversion& done) {
    nlohmann::ordered_json line = {{"output", output}, {"notes", done.notes}};
    if (done.model_file) line["model_file"] = done.model_file->string();
    std::cout << json_text(line) << "\n";
  }

  std::string model_, names_, inflate_, frame_;
};

}  // namespace

std::unique_ptr<Command> convert_command() { return std::make_unique<Convert>(); }

}  // namespace actionflow
