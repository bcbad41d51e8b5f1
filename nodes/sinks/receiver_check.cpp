#include "nodes/sinks/receiver_check.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace actionflow {

void ReceiverCheck::wrong(const char* key, const std::string& what) {
  const config::Value* member = options_.find(key);
  diagnostics_.add(member ? member->place() : options_.place(), what);
}

void ReceiverCheck::file(const char* key, const std::filesystem::path& file) {
  if (file.empty()) return;
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    wrong(key, std::string(key) + ": " + file.string() + " is a folder, expected a file in PEM");
  else if (access(file.c_str(), R_OK) != 0)
    wrong(key, std::string(key) + ": " + file.string() + ": " + std::strerror(errno) +
                   ", expected a file in PEM that can be read");
}

void ReceiverCheck::together(const char* first, const std::string& one, const char* second,
                             const std::string& other) {
  if (one.empty() == other.empty()) return;
  wrong(one.empty() ? second : first,
        std::string(first) + " and " + second + " belong together, expected both");
}

std::string password_in_the_clear(const std::string& mend) {
  return "the password goes to its receiver in the clear, expected " + mend;
}

}  // namespace actionflow
