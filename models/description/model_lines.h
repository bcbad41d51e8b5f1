// A model file as readers of foreign formats write it: one layer a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actionflow {

inline constexpr const char* kInputName = "input";

// Options are YAML text. `from` names layers, or the input.
struct ModelLine {
  std::string layer;
  std::string name;
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::string> from;
};

// The list below `layers:`, a line each; `from` is left out where it is the line before.
std::string print_layers(const std::vector<ModelLine>& lines);

// Quoted where YAML would take it for anything but text.
std::string print_name(const std::string& name);

// "input: {…}" for clips whose preparation the file does not tell.
std::string print_unprepared_input(std::int64_t channels, std::int64_t frames, std::int64_t height,
                                   std::int64_t width);

// A foreign name with what ours cannot hold replaced by '_'; `also` are characters that stay beside letters,
// digits and "_-/".
std::string layer_name_from(std::string_view name, std::string_view also = "");

// The last dense layer's units become the word `classes`.
void name_classes(std::vector<ModelLine>& lines);

}  // namespace actionflow
