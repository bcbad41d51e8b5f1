#include <iostream>
#include <nlohmann/json.hpp>

#include "base/config/load.h"
#include "base/log/log.h"
#include "base/text/json_text.h"
#include "base/text/mask.h"
#include "datasets/lists/reading/read_dataset.h"
#include "models/description/architecture.h"
#include "pipeline/commands/arguments/log_format.h"
#include "pipeline/commands/commands.h"
#include "pipeline/graph/description.h"
#include "pipeline/recipe/recipe_files.h"
#include "pipeline/recipe/recipe_fit.h"

namespace actionflow {
namespace {

enum class FileKind { pipeline, model, recipe };

FileKind kind_of(const config::Value& document) {
  if (document.find("layers") != nullptr || document.find("extends") != nullptr) return FileKind::model;
  if (document.find("graph") != nullptr || document.find("streams") != nullptr) return FileKind::pipeline;
  if (document.find("model") != nullptr || document.find("data") != nullptr) return FileKind::recipe;
  config::Diagnostics diagnostics;
  diagnostics.add(document.place(),
                  "neither a pipeline, a model nor a training recipe, expected the keys 'streams' and "
                  "'graph', 'input' and 'layers', or 'model' and 'data'");
  diagnostics.throw_if_any();
  return FileKind::pipeline;
}

class Validate : public Command {
 public:
  std::string name() const override { return "validate"; }
  std::string summary() const override {
    return "check pipelines, models and training recipes, every error at once";
  }
  std::string files() const override { return "FILE.yaml… and key=value changes to them"; }

  void declare(CLI::App& app) override {
    app.add_option("--schema", schema_,
                   "print the JSON schema of such files, for editors: pipeline, model or training")
        ->check(CLI::IsMember({"pipeline", "model", "training"}).description(""))
        ->type_name("KIND");
  }

  ExitCode run(const Arguments& arguments) override {
    if (!schema_.empty()) {
      std::cout << schema(schema_) << "\n";
      return ExitCode::done;
    }
    if (arguments.files.empty()) throw UsageError("expected FILE.yaml…");
    ExitCode worst = ExitCode::done;
    for (const std::string& file : arguments.files) {
      const ExitCode code = check(file, arguments);
      if (worst == ExitCode::done) worst = code;
    }
    return worst;
  }

 private:
  static std::string schema(const std::string& kind) {
    if (kind == "model") return architecture_schema();
    return kind == "training" ? recipe_schema() : pipeline_schema();
  }

  static void read(const std::string& file, const std::vector<config::Override>& overrides) {
    config::Diagnostics diagnostics;
    const config::Value document = config::load(file, overrides, diagnostics);
    try {
      read(document);
    } catch (const config::ConfigError& error) {
      if (diagnostics.empty()) throw;
      for (const config::Diagnostic& one : error.diagnostics())
        diagnostics.add(one.place, one.message, one.hint);
      diagnostics.throw_if_any();
    }
    diagnostics.throw_if_any();
  }

  static void read(const config::Value& document) {
    const FileKind kind = kind_of(document);
    if (kind == FileKind::model) read_architecture(document);
    if (kind == FileKind::pipeline) {
      for (const std::string& warning : read_pipeline(document).warnings)
        tell_line(log::Level::warn, warning);
    }
    if (kind == FileKind::recipe) read_training(document);
  }

  // As far as `train` comes before it opens a video.
  static void read_training(const config::Value& document) {
    const Recipe recipe = read_recipe(document);
    require_training_files(recipe, document);
    const Dataset dataset = read_dataset(recipe.data.lists, recipe.seed);
    const Architecture network = read_network(recipe, dataset.classes);
    require_fitting_recipe(recipe, document, network);
    require_fitting_first_weights(recipe, document, network);
  }

  static ExitCode check(const std::string& file, const Arguments& arguments) {
    ExitCode code = ExitCode::done;
    std::vector<std::string> errors;
    try {
      read(file, arguments.overrides);
      log::info("{}: good", file);
    } catch (const config::ConfigError& error) {
      for (const config::Diagnostic& one : error.diagnostics())
        errors.push_back(without_credentials(config::to_string(one.place) + ": " + one.message));
      code = tell_failure();
    } catch (const Error& error) {
      errors.push_back(without_credentials(error.what()));
      code = tell_failure();
    }
    if (arguments.json) {
      const bool good = code == ExitCode::done;
      std::cout << json_text(nlohmann::ordered_json{
                       {"file", without_credentials(file)}, {"good", good}, {"errors", errors}})
                << "\n";
    }
    return code;
  }

  std::string schema_;
};

}  // namespace

std::unique_ptr<Command> validate_command() { return std::make_unique<Validate>(); }

}  // namespace actionflow
