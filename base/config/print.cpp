#include "base/config/value.h"
#include "base/text/mask.h"

namespace actionflow::config {

namespace {

constexpr std::string_view kMask = "***";

bool plain_is_safe(std::string_view text) {
  if (text.empty() || text == "<<" || text.starts_with("---") || text.starts_with("...")) return false;
  bool boolean = false;
  if (looks_null(text) || looks_boolean(text, boolean) || looks_number(text)) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  if (text.find_first_of(",[]{}") != std::string_view::npos || text.find("${") != std::string_view::npos)
    return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

std::string in_quotes(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (code < 0x20 || code == 0x7F) {
      quoted += "\\x";
      quoted += kHex[code >> 4];
      quoted += kHex[code & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string as_text(std::string_view text) {
  return plain_is_safe(text) ? std::string(text) : in_quotes(text);
}

std::string scalar(const Value& value) {
  if (value.secret()) return in_quotes(kMask);
  if (value.is_null()) return "null";
  std::string shown = without_credentials(value.text());
  if (!value.quoted() && (looks_number(shown) || shown == "true" || shown == "false")) return shown;
  bool boolean = false;
  if (!value.quoted() && looks_boolean(shown, boolean)) return shown;
  return as_text(shown);
}

bool is_simple(const Value& value) { return !value.is_list() && !value.is_map(); }

std::string on_one_line(const Value& value) {
  std::string line = "[";
  for (const Value& item : value.items()) line += (line.size() > 1 ? ", " : "") + scalar(item);
  return line + "]";
}

class Printer {
 public:
  std::string take() { return std::move(out_); }

  void block(const Value& value, std::size_t indent) {
    if (value.is_map() && !value.entries().empty()) {
      map(value, indent, indent);
    } else if (value.is_list() && !fits_on_one_line(value)) {
      list(value, indent);
    } else {
      out_ += std::string(indent, ' ') + inline_text(value) + "\n";
    }
  }

 private:
  static bool fits_on_one_line(const Value& value) {
    constexpr std::size_t kWidest = 100;
    for (const Value& item : value.items()) {
      if (!is_simple(item)) return false;
    }
    return on_one_line(value).size() <= kWidest;
  }

  static std::string inline_text(const Value& value) {
    if (value.is_map()) return "{}";
    return value.is_list() ? on_one_line(value) : scalar(value);
  }

  static bool is_inline(const Value& value) {
    return is_simple(value) || (value.is_map() && value.entries().empty()) ||
           (value.is_list() && fits_on_one_line(value));
  }

  // `first`: the indent still to be written before the first key.
  void map(const Value& value, std::size_t indent, std::size_t first) {
    for (const Value::Entry& entry : value.entries()) {
      out_ += std::string(first, ' ') + as_text(entry.key) + ":";
      first = indent;
      if (is_inline(entry.value)) {
        out_ += " " + inline_text(entry.value) + "\n";
      } else {
        out_ += "\n";
        block(entry.value, indent + 2);
      }
    }
  }

  void list(const Value& value, std::size_t indent) {
    for (const Value& item : value.items()) {
      out_ += std::string(indent, ' ') + "-";
      if (is_inline(item)) {
        out_ += " " + inline_text(item) + "\n";
      } else if (item.is_map()) {
        out_ += " ";
        map(item, indent + 2, 0);
      } else {
        out_ += "\n";
        block(item, indent + 2);
      }
    }
  }

  std::string out_;
};

}  // namespace

std::string print(const Value& value, int indent) {
  Printer printer;
  printer.block(value, static_cast<std::size_t>(std::max(indent, 0)));
  return printer.take();
}

}  // namespace actionflow::config
