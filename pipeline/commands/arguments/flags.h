// Flags that take one of a few words, with messages for people.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace actionflow {

// `--flag WORD`, where each word stands for a value: "--precision: 'x' is none of f32, bf16, auto".
template <class T, class To>
CLI::Option* add_choice(CLI::App& app, const std::string& flag, To& to,
                        std::vector<std::pair<std::string, T>> choices, const std::string& help) {
  const auto listed = [choices] {
    std::string names;
    for (const auto& [name, value] : choices) names += (names.empty() ? "" : ", ") + name;
    return names;
  };
  const auto known = [choices, listed](const std::string& word) {
    for (const auto& [name, value] : choices) {
      if (name == word) return std::string();
    }
    return "'" + word + "' is none of " + listed();
  };
  const auto take = [choices, &to](const std::string& word) {
    for (const auto& [name, value] : choices) {
      if (name == word) to = value;
    }
  };
  return app.add_option_function<std::string>(flag, take, help + ": " + listed())
      ->check(CLI::Validator(known, ""))
      ->type_name("WORD");
}

}  // namespace actionflow
