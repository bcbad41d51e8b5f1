// One function a command, each in the file of its name.
#pragma once

#include <memory>

#include "pipeline/commands/arguments/command.h"

namespace actionflow {

std::unique_ptr<Command> classify_command();
std::unique_ptr<Command> merge_command();
std::unique_ptr<Command> events_command();
std::unique_ptr<Command> train_command();
std::unique_ptr<Command> evaluate_command();
std::unique_ptr<Command> benchmark_command();
std::unique_ptr<Command> predict_command();
std::unique_ptr<Command> inspect_command();
std::unique_ptr<Command> convert_command();
std::unique_ptr<Command> quantize_command();
std::unique_ptr<Command> explain_command();
std::unique_ptr<Command> validate_command();
std::unique_ptr<Command> generate_command();
std::unique_ptr<Command> init_command();

}  // namespace actionflow
