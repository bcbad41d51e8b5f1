// What a person changed on the page (pipeline/graph/settings.h), kept in a file so that the next run has it,
// too. The file is JSON, read by its owner alone: addresses hold passwords. Thread-safe.
#pragma once

#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/config/config.h"

namespace actionflow {

class SavedSettings {
 public:
  // NAME.settings.json of NAME.yaml: in $STATE_DIRECTORY, as a service manager sets it, else beside it.
  static std::filesystem::path file_of(const std::filesystem::path& pipeline);

  // Reads the file, where there is one. An empty path: they hold for the run and are kept nowhere. Throws
  // config::ConfigError for a file that holds something else.
  explicit SavedSettings(std::filesystem::path file);

  const std::filesystem::path& file() const { return file_; }
  // As they are laid over a pipeline file; null where there are none.
  config::Value value() const;
  // The same with this change (RFC 7396: null takes a key back), which is not kept.
  config::Value value_with(const nlohmann::ordered_json& patch) const;

  // Each keeps what it changes. Throws Error (exit code 5) where the file cannot be written; then they hold
  // for the run alone.
  void change(const nlohmann::ordered_json& patch);
  void put_stream(const std::string& name, nlohmann::ordered_json options);
  // `file_streams`: the names that the pipeline file has. Only of these it is noted that they are removed; so
  // a name that goes from the file, and comes back later, is heard again.
  void remove_stream(const std::string& name, const std::set<std::string>& file_streams);
  void forget_removed_but(const std::set<std::string>& file_streams);

 private:
  config::Value value_of(const nlohmann::ordered_json& settings) const;
  bool keep_removed(const std::set<std::string>& file_streams);
  void save() const;

  const std::filesystem::path file_;
  mutable std::mutex mutex_;  // guards what follows
  nlohmann::ordered_json settings_ = nlohmann::ordered_json::object();
};

}  // namespace actionflow
