// Configuration: YAML read into typed structs through one description a struct.
//
// A struct that can stand in a file describes itself once:
//
//   struct WindowOptions {
//     int hop = 1;
//     Tail tail = Tail::align;
//     static void describe(config::Fields<WindowOptions>& fields) {
//       fields.add("hop", &WindowOptions::hop, "samples from one window's start to the next").range(1,
//       65536); fields.add("tail", &WindowOptions::tail, "what becomes of a file's last samples");
//     }
//   };
//
// From that come reading with defaults and ranges, messages with place and "did you mean",
// --print-config, help, and a JSON schema for editors. Member types: bool, integers, float, double,
// std::string, std::filesystem::path (relative to the file it stands in), enums (specialise
// EnumNames), std::vector<M> (a single scalar stands for a list of one), std::array<M, n> (a single
// scalar stands for all n), std::map<std::string, M>, std::optional<M>, described structs, and
// config::Value for what is read later by its kind. A described struct may have
//   void check(const config::Value& value, config::Diagnostics& diagnostics);
// for rules across its fields, and for what follows from them (const where it only looks); it is
// called when every field could be read.
//
// Errors are collected, never thrown one by one: a reader adds to Diagnostics and goes on, and
// throw_if_any() ends the reading with all of them in one ConfigError. Thread-safety: everything
// here is used from one thread, before the graph runs.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/config/tree.h"

namespace actionflow::config {

// One `key.path=value` of the command line; the value is parsed as YAML.
struct Override {
  std::string path;
  std::string value;
};

// True for `^[A-Za-z_][\w.-]*=`; then `override` is filled.
bool parse_override(std::string_view argument, Override& override);

// Reads a file (or text) into a Value. Hostile input (cycles, alias bombs, depth, duplicate keys,
// sizes) is refused quickly. `${NAME:default}` stands for a whole scalar. Throws ConfigError; a
// file that cannot be read is one too.
Value load(const std::filesystem::path& file, std::span<const Override> overrides = {});
Value parse(std::string_view text, const std::string& name, const std::filesystem::path& folder = {},
            std::span<const Override> overrides = {});

// `over` laid on `under`: maps merge key by key, everything else replaces.
Value merge(const Value& under, const Value& over);

// The nearest of the candidates, for "did you mean '…'?"; empty when none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

// Specialise for each enum that stands in a file:
//   template <> struct EnumNames<Tail> {
//     static constexpr std::array<std::pair<Tail, std::string_view>, 2> names{{{Tail::align, "align"}, …}};
//   };
template <class E>
struct EnumNames;

template <class T>
class Fields;

// Reads a described struct (or any member type). Unknown keys, wrong types and values out of range
// go to `diagnostics`; what could not be read keeps its default.
template <class T>
T read(const Value& value, Diagnostics& diagnostics);

// The same, leaving out keys that stand beside the struct's own (for `node:`, `from:`, …).
template <class T>
T read(const Value& value, Diagnostics& diagnostics, std::span<const std::string> beside);

// A Value as YAML, block style; what came from the environment is shown as ***.
std::string print(const Value& value, int indent = 0);

// The struct's effective values as YAML, for --print-config. With `origin`, the Value it was read
// from, what came from the environment is shown as ***.
template <class T>
std::string print(const T& value, int indent = 0);
template <class T>
std::string print(const T& value, const Value& origin, int indent = 0);

// The struct (or member) as a Value: what print() prints.
template <class T>
Value to_value(const T& value);

// JSON schema (draft 2020-12) of T, as text. For several structs in one schema see config_schema.h.
template <class T>
std::string json_schema();

// One line a key: name, type, default, help. For --help and the reference in the documentation.
template <class T>
std::string help();

}  // namespace actionflow::config

#include "base/config/fields.h"  // IWYU pragma: keep
