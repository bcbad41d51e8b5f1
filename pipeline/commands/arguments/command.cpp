#include "pipeline/commands/arguments/command.h"

#include <iostream>
#include <optional>

#include "base/log/log.h"
#include "base/remote/local_copy.h"
#include "base/remote/server_patience.h"
#include "base/text/mask.h"
#include "pipeline/commands/arguments/flags.h"
#include "pipeline/commands/arguments/log_format.h"
#include "pipeline/commands/arguments/version.h"

namespace actionflow {
namespace {

// Words that look like `key=value` are overrides; a file of such a name is written ./a=b.mp4.
void sort_words(const std::vector<std::string>& words, Arguments& arguments) {
  for (const std::string& word : words) {
    config::Override change;
    if (config::parse_override(word, change)) {
      arguments.overrides.push_back(change);
    } else {
      arguments.files.push_back(word);
    }
  }
}

struct Declared {
  CLI::App* app = nullptr;
  Command* command = nullptr;
  std::vector<std::string> words;
  bool json = false;
};

void declare(CLI::App& program, Command& command, Declared& declared) {
  declared.command = &command;
  declared.app = program.add_subcommand(command.name(), command.summary());
  declared.app->add_option("FILE", declared.words, command.files())->type_name("");
  declared.app->add_flag("--json", declared.json, "results as JSON on standard output");
  command.declare(*declared.app);
}

std::string unknown_command(const CLI::App& program, const std::string& word) {
  std::vector<std::string> names;
  std::string list;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    list += (list.empty() ? "" : ", ") + command->get_name();
  }
  const std::string nearest = config::did_you_mean(word, names);
  return "there is no command '" + word + "', expected one of " + list +
         (nearest.empty() ? "" : "; did you mean '" + nearest + "'?");
}

// What is told of an argument or a file may hold a camera's address.
void tell(const std::string& message) { tell_line(log::Level::error, without_credentials(message)); }

int print_usage_error(const CLI::App& program, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {  // --help, --version
    program.exit(error);
    std::cout << std::flush;
    if (std::cout) return static_cast<int>(ExitCode::done);
    tell("error: standard output: cannot be written");
    return static_cast<int>(ExitCode::failure);
  }
  const std::vector<std::string> words = program.remaining();
  if (program.get_subcommands().empty() && !words.empty() && !words.front().starts_with('-')) {
    tell("error: " + unknown_command(program, words.front()));
  } else {
    tell(std::string("error: ") + error.what());
  }
  tell("(see actionflow --help)");
  return static_cast<int>(ExitCode::usage);
}

// CLI11 takes such a word for a list and splits it.
std::optional<std::string> bracketed_word(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with('[') && word.ends_with(']')) return word;
  }
  return std::nullopt;
}

int run_command(const Declared& declared) {
  Arguments arguments;
  arguments.json = declared.json;
  try {
    check_patience();
    check_cache_size();
    sort_words(declared.words, arguments);
    const ExitCode code = declared.command->run(arguments);
    std::cout << std::flush;
    if (!std::cout && code == ExitCode::done)
      throw Error(ExitCode::failure, "standard output: cannot be written");
    return static_cast<int>(code);
  } catch (...) {
    return static_cast<int>(tell_failure());
  }
}

}  // namespace

ExitCode tell_failure() {
  try {
    throw;
  } catch (const config::ConfigError& error) {
    tell_line(log::Level::error, error.what());  // masked already: a line each, with its place
    return error.exit_code();
  } catch (...) {
    const Failure failure = Failure::from_current_exception();
    const bool says_so = failure.message.find(": error: ") != std::string::npos;  // a list's, with its place
    tell((says_so ? "" : "error: ") + failure.message);
    return failure.code;
  }
}

const std::string& only_file(const Arguments& arguments, const std::string& what) {
  if (arguments.files.size() != 1) {
    throw UsageError("expected one " + what + ", got " + std::to_string(arguments.files.size()));
  }
  return arguments.files.front();
}

int run_program(int argc, const char* const* argv) {
  CLI::App program("Says what is happening in a video: classifies files and live cameras.", "actionflow");
  program.set_version_flag("--version", version_text);
  program.require_subcommand(1);
  log::Level level = log::Level::info;
  add_choice<log::Level>(program, "--log", level,
                         {{"debug", log::Level::debug},
                          {"info", log::Level::info},
                          {"warn", log::Level::warn},
                          {"error", log::Level::error},
                          {"quiet", log::Level::quiet}},
                         "what is told on standard error");
  LogFormat format = LogFormat::text;
  add_choice<LogFormat>(program, "--log-format", format,
                        {{"text", LogFormat::text}, {"json", LogFormat::json}}, "how it is told");
  program.fallthrough();

  const std::vector<std::unique_ptr<Command>> commands = all_commands();
  std::vector<Declared> declared(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) declare(program, *commands[i], declared[i]);
  if (const auto word = bracketed_word(argc, argv)) {
    tell("error: '" + *word + "' reads as a list; a file of such a name is written ./" + *word);
    return static_cast<int>(ExitCode::usage);
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return print_usage_error(program, error);
  }
  log::set_level(level);
  set_log_format(format);
  for (const Declared& one : declared) {
    if (one.app->parsed()) return run_command(one);
  }
  return static_cast<int>(ExitCode::usage);
}

}  // namespace actionflow
