#include "pipeline/commands/commands.h"

namespace actionflow {

std::vector<std::unique_ptr<Command>> all_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(classify_command());
  commands.push_back(merge_command());
  commands.push_back(events_command());
  commands.push_back(train_command());
  commands.push_back(evaluate_command());
  commands.push_back(benchmark_command());
  commands.push_back(predict_command());
  commands.push_back(inspect_command());
  commands.push_back(convert_command());
  commands.push_back(quantize_command());
  commands.push_back(explain_command());
  commands.push_back(validate_command());
  commands.push_back(generate_command());
  commands.push_back(init_command());
  return commands;
}

}  // namespace actionflow
