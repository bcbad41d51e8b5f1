#include "models/description/model_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace actionflow {
namespace {

using config::Value;

constexpr std::size_t kLineWidth = 120;

// Whether the text is the same scalar without quotes, in flow and in block style.
bool plain(const std::string& text) {
  const auto safe = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_.+-$/").find(static_cast<char>(c)) != std::string_view::npos;
  };
  const bool marker = text == "-" || text == "---" || text == "...";
  return !text.empty() && !marker && std::all_of(text.begin(), text.end(), safe);
}

// What is computed from parameters, which quotes would make a text of.
bool computed(const std::string& text) {
  const auto safe = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_$ +-*/%()=<>!").find(static_cast<char>(c)) != std::string_view::npos;
  };
  const auto begins = [](unsigned char c) { return std::isalnum(c) != 0 || c == '$' || c == '('; };
  return text.find('$') != std::string::npos && begins(static_cast<unsigned char>(text[0])) &&
         text.back() != ' ' && std::all_of(text.begin(), text.end(), safe);
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string scalar(const std::string& text, bool is_string) {
  return !is_string && (plain(text) || computed(text)) ? text : quoted(text);
}

std::string one_line(const Value& value) {
  if (value.is_null()) return "null";
  if (value.is_scalar()) return scalar(value.text(), value.quoted());
  std::string result;
  for (const Value& item : value.items()) result += (result.empty() ? "" : ", ") + one_line(item);
  for (const Value::Entry& entry : value.entries()) {
    result += (result.empty() ? "" : ", ") + scalar(entry.key, false) + ": " + one_line(entry.value);
  }
  return value.is_list() ? "[" + result + "]" : "{" + result + "}";
}

// `text` ends where the value begins; `indent` is where its lines stand when it takes several.
void write(const Value& value, std::size_t indent, std::size_t column, std::string& text) {
  const std::string line = one_line(value);
  const bool empty = value.items().empty() && value.entries().empty();
  if (indent > 0 && (empty || column + line.size() <= kLineWidth)) {
    text += " " + line + "\n";
    return;
  }
  const std::string margin(indent, ' ');
  // A list's item begins on the line of its dash.
  const bool after_dash = !text.empty() && text.back() == '-' && value.is_map();
  std::string lead = after_dash ? " " : margin;
  if (indent > 0 && !after_dash) text += "\n";
  for (const Value& item : value.items()) {
    text += margin + "-";
    write(item, indent + 2, indent + 2, text);
  }
  for (const Value::Entry& entry : value.entries()) {
    const std::string key = scalar(entry.key, false);
    text += std::exchange(lead, margin) + key + ":";
    write(entry.value, indent + 2, indent + key.size() + 2, text);
  }
}

}  // namespace

std::string model_text(const Value& value) {
  std::string text;
  write(value, 0, 0, text);
  return text;
}

}  // namespace actionflow
