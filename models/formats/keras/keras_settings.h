// Reading one layer's settings from Keras' JSON, every wrong one a ModelError that names the layer.
// Used by keras_layers.cpp and keras_config.cpp.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace actionflow::keras {

using Json = nlohmann::json;

// In place of the 1, 2 or 3 of the Keras that wrote a file, where nothing in it tells.
inline constexpr int kUnknownVersion = 0;

// What a file says, as a message or a comment may repeat it: one line, not too long.
std::string printable(std::string text);

class Settings {
 public:
  // `values` must outlive this. `where`: "file.h5: layer 'conv' (Conv3D)".
  Settings(const Json& values, std::string where);

  // Absent and null are the same in Keras' files.
  bool has(const std::string& key) const;
  const Json& at(const std::string& key) const;  // fails when absent

  std::int64_t integer(const std::string& key) const;
  std::int64_t integer(const std::string& key, std::int64_t otherwise) const;
  double number(const std::string& key, double otherwise) const;
  bool flag(const std::string& key, bool otherwise) const;
  std::string text(const std::string& key) const;
  std::string text(const std::string& key, const std::string& otherwise) const;
  // A list of integers; one integer stands for `count` of them, where count is not 0.
  std::vector<std::int64_t> integers(const std::string& key, std::size_t count = 0) const;

  // Fails unless the setting is absent or has this value.
  void expect(const std::string& key, const Json& value) const;
  [[noreturn]] void fail(const std::string& message) const;
  const std::string& where() const { return where_; }

 private:
  const Json* find(const std::string& key) const;
  const Json& values_;
  std::string where_;
};

}  // namespace actionflow::keras
