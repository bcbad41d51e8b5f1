// A command of the program: what it takes and what it does. One file a command in commands/.
//
// stdout carries results only, everything else goes to stderr. A command returns its exit code or
// throws Error, whose kind decides it; run_program() prints the message.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "base/error.h"

namespace actionflow {

// What every command is given: files and `key=value` overrides, told apart and in their order.
struct Arguments {
  std::vector<std::string> files;
  std::vector<config::Override> overrides;
  bool json = false;
};

class Command {
 public:
  virtual ~Command() = default;

  virtual std::string name() const = 0;
  // One line for the list of commands.
  virtual std::string summary() const = 0;
  // "PIPELINE.yaml", "MODEL.yaml", … as help names the files.
  virtual std::string files() const = 0;
  virtual void declare(CLI::App& app) = 0;
  virtual ExitCode run(const Arguments& arguments) = 0;
};

// All commands, in the order in which help lists them.
std::vector<std::unique_ptr<Command>> all_commands();

// The one file that a command needs. Throws UsageError that says what it is, when there is none or
// more than one.
const std::string& only_file(const Arguments& arguments, const std::string& what);

// Prints the error that is being handled and gives its exit code. For commands that go on with other files.
ExitCode tell_failure();

// The whole program: parses the command line, runs the command, prints errors. Returns the exit code.
int run_program(int argc, const char* const* argv);

}  // namespace actionflow
