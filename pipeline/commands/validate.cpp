#include <iostream>

#include "base/log.h"
#include "models/architecture.h"
#include "pipeline/commands/commands.h"
#include "pipeline/description.h"

namespace actionflow {
namespace {

enum class FileKind { pipeline, model };

FileKind kind_of(const config::Value& document) {
  if (document.find("layers") != nullptr) return FileKind::model;
  if (document.find("graph") != nullptr || document.find("streams") != nullptr) return FileKind::pipeline;
  config::Diagnostics diagnostics;
  diagnostics.add(
      document.place(),
      "neither a pipeline nor a model, expected the keys 'streams' and 'graph', or 'input' and 'layers'");
  diagnostics.throw_if_any();
  return FileKind::pipeline;
}

class Validate : public Command {
 public:
  std::string name() const override { return "validate"; }
  std::string summary() const override { return "check pipeline and model files, every error at once"; }
  std::string files() const override { return "FILE.yaml… and key=value changes to them"; }

  void declare(CLI::App& app) override {
    app.add_option("--schema", schema_, "print the JSON schema of pipeline or model files, for editors")
        ->check(CLI::IsMember({"pipeline", "model"}).description(""))
        ->type_name("KIND");
  }

  ExitCode run(const Arguments& arguments) override {
    if (!schema_.empty()) {
      std::cout << (schema_ == "model" ? architecture_schema() : pipeline_schema()) << "\n";
      return ExitCode::done;
    }
    if (arguments.files.empty()) throw UsageError("expected FILE.yaml…");
    ExitCode worst = ExitCode::done;
    for (const std::string& file : arguments.files) {
      const ExitCode code = check(file, arguments.overrides);
      if (worst == ExitCode::done) worst = code;
    }
    return worst;
  }

 private:
  static ExitCode check(const std::string& file, const std::vector<config::Override>& overrides) {
    try {
      const config::Value document = config::load(file, overrides);
      if (kind_of(document) == FileKind::model) {
        read_architecture(document);
      } else {
        read_pipeline(document);
      }
      log::info("{}: good", file);
      return ExitCode::done;
    } catch (const Error& error) {
      std::cerr << error.what();
      return error.exit_code();
    }
  }

  std::string schema_;
};

}  // namespace

std::unique_ptr<Command> validate_command() { return std::make_unique<Validate>(); }

}  // namespace actionflow
