#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/files/atomic_file.h"
#include "base/log/log.h"
#include "base/text/json_text.h"
#include "datasets/pictures/encoding/png.h"
#include "datasets/video/writing/video_writer.h"
#include "pipeline/commands/arguments/shipped_files.h"
#include "pipeline/commands/commands.h"
#include "pipeline/evaluation/explanation.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;

class Explain : public Command {
 public:
  std::string name() const override { return "explain"; }
  std::string summary() const override { return "draw where and when in a video a network looked"; }
  std::string files() const override { return "VIDEO"; }

  void declare(CLI::App& app) override {
    app.add_option("--model", model_, "the network")->transform(find_model)->type_name("MODEL.yaml");
    app.add_option("--weights", weights_, "its weights; a file of ours holds the network too")
        ->transform(find_weights)
        ->required()
        ->type_name("FILE");
    app.add_option("--label", request_.label,
                   "what speaks for this class; unless given, for what the network says");
    app.add_option("--at", request_.at, "in the clip with its middle here; unless given, in the surest one")
        ->check(CLI::NonNegativeNumber.description(""))
        ->type_name("SECONDS");
    app.add_option("--by", by_,
                   "gradient: what speaks for the class; attention: what was looked at; unless given, "
                   "attention where there is any")
        ->check(CLI::IsMember({"gradient", "attention"}).description(""))
        ->type_name("HOW");
    app.add_option("--output", outputs_,
                   "a film strip NAME.png, or the clip as a video; VIDEO-explained.png unless given")
        ->allow_extra_args(false)
        ->type_name("FILE");
  }

  ExitCode run(const Arguments& arguments) override {
    request_.source.source = only_file(arguments, "VIDEO");
    std::vector<fs::path> outputs(outputs_.begin(), outputs_.end());
    if (outputs.empty())
      outputs.push_back(fs::path(request_.source.source).stem().string() + "-explained.png");
    for (const fs::path& output : outputs) refuse_unknown(output);
    if (!by_.empty()) request_.by = by_ == "attention" ? ExplainBy::attention : ExplainBy::gradient;
    std::optional<Architecture> architecture;
    if (!model_.empty()) architecture = load_architecture(model_);
    const Model model = load_model(weights_, architecture ? &*architecture : nullptr);
    const Explanation explanation = explain(model, request_);
    for (const fs::path& output : outputs) write(explanation, model.architecture.input, output);
    if (arguments.json) print_json(explanation, outputs);
    for (const fs::path& output : outputs)
      log::info("{}: {} '{}' ({:.1f} %) from {:.2f} to {:.2f} s, by the map of {}", output.string(),
                explanation.by == ExplainBy::attention ? "what was looked at for" : "what speaks for",
                explanation.label, 100 * explanation.score, explanation.start, explanation.end,
                explanation.map.layer);
    return ExitCode::done;
  }

 private:
  static bool is_picture(const fs::path& output) { return output.extension() == ".png"; }

  static void refuse_unknown(const fs::path& output) {
    if (!is_picture(output) && !VideoWriter::knows_suffix(output))
      throw UsageError("--output " + output.string() +
                       ": expected a name that ends in .png, or in that of a video");
  }

  static void write(const Explanation& explanation, const InputSpec& input, const fs::path& output) {
    if (is_picture(output))
      replace_file(output, encode_png(explanation_strip(explanation, input)));
    else
      write_explanation_video(explanation, input, output);
  }

  static void print_json(const Explanation& explanation, const std::vector<fs::path>& outputs) {
    nlohmann::ordered_json json = {{"label", explanation.label},
                                   {"score", explanation.score},
                                   {"start", explanation.start},
                                   {"end", explanation.end},
                                   {"layer", explanation.map.layer},
                                   {"when", explanation.when()},
                                   {"by", explanation.by == ExplainBy::attention ? "attention" : "gradient"}};
    json["output"] = nlohmann::json::array();
    for (const fs::path& output : outputs) json["output"].push_back(output.string());
    std::cout << json_text(json) << "\n";
  }

  ExplanationRequest request_;
  std::string model_, weights_, by_;
  std::vector<std::string> outputs_;
};

}  // namespace

std::unique_ptr<Command> explain_command() { return std::make_unique<Explain>(); }

}  // namespace actionflow
