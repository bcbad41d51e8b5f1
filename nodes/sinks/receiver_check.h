// What is checked of options by which receivers outside are reached: files that are named, keys that belong
// together.
#pragma once

#include <filesystem>
#include <string>

#include "base/config/config.h"

namespace actionflow {

class ReceiverCheck {
 public:
  // `options`: the node's, as the file has them.
  ReceiverCheck(const config::Value& options, config::Diagnostics& diagnostics)
      : options_(options), diagnostics_(diagnostics) {}

  // At the key, or at the node where it has none.
  void wrong(const char* key, const std::string& what);
  // Where one is named, it has to be there for us to read. Nothing may be said of what is in it.
  void file(const char* key, const std::filesystem::path& file);
  // Both have to be given, or none; "" is none.
  void together(const char* first, const std::string& one, const char* second, const std::string& other);

 private:
  const config::Value& options_;
  config::Diagnostics& diagnostics_;
};

// The warning of a node whose receiver is told a password that anybody on the way can read.
std::string password_in_the_clear(const std::string& mend);

}  // namespace actionflow
