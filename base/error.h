// Errors that a person must fix, and failures that travel through a running graph.
//
// An Error is thrown while things are being set up: reading a configuration, opening a file,
// building a network. Its kind decides the program's exit code. Inside the running graph nothing
// is thrown across a node's border: there a Failure travels as a value (see outcome.h).
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace actionflow {

// What the program's exit codes mean.
enum class ExitCode : int {
  done = 0,
  usage = 2,    // command line or configuration
  source = 3,   // a source could not be opened, or gave no frame
  model = 4,    // a model, weights or data file is wrong or does not fit
  failure = 5,  // anything else
  interrupted = 130,
};

// The message is complete as it stands: it names the file, the place and the mend.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode exit_code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitCode::usage, message) {}
};

class SourceError : public Error {
 public:
  explicit SourceError(const std::string& message) : Error(ExitCode::source, message) {}
};

class ModelError : public Error {
 public:
  explicit ModelError(const std::string& message) : Error(ExitCode::model, message) {}
};

// An error as a value.
struct Failure {
  ExitCode code = ExitCode::failure;
  std::string message;

  // To be called inside a catch block: the failure that the exception in flight stands for.
  static Failure from_current_exception() noexcept;
};

}  // namespace actionflow
