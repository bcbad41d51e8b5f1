#include "base/config/text.h"

#include <cstdlib>

#include "base/text/utf8.h"

namespace actionflow::config {

namespace {

constexpr std::size_t kMostQuoted = 60;

bool is_control(char c) {
  const auto code = static_cast<unsigned char>(c);
  return (code < 0x20 && c != '\t' && c != '\n' && c != '\r') || code == 0x7F;
}

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

// Where "${NAME}" or "${NAME:…}" begins, or npos.
std::size_t find_reference(std::string_view text) {
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 1)) {
    const std::size_t end = text.find_first_of(":}", at);
    if (end == std::string_view::npos) return end;
    if (is_name(text.substr(at + 2, end - at - 2)) && text.find('}', end) != std::string_view::npos)
      return at;
  }
  return std::string_view::npos;
}

}  // namespace

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

Document::Document(std::string_view text, const std::string& name, const Place* place)
    : text_(std::make_shared<const std::string>(text)), everywhere_(place != nullptr) {
  whole_ = place ? *place : Place{std::make_shared<const std::string>(name), 1, 1, text_};
}

Place Document::at(int position) const {
  if (everywhere_) return whole_;
  const auto wanted = std::min(static_cast<std::size_t>(std::max(position, 0)), text_->size());
  if (wanted < position_) {
    position_ = 0;
    line_ = column_ = 1;
  }
  for (; position_ < wanted; ++position_) {
    const char c = (*text_)[position_];
    if (c == '\n') {
      ++line_;
      column_ = 1;
    } else if (!continues_character(c)) {
      ++column_;
    }
  }
  Place place = whole_;
  place.line = line_;
  place.column = column_;
  return place;
}

bool Document::null_at(int position) const {
  const std::string_view rest =
      std::string_view(*text_).substr(std::min<std::size_t>(position, text_->size()));
  for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
    if (!rest.starts_with(word)) continue;
    if (rest.size() == word.size() ||
        std::string_view(" \t\r\n,]}").find(rest[word.size()]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

bool Document::check_characters(Diagnostics& diagnostics) const {
  const std::string_view text = *text_;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i, 4));
    if (length == 0) {
      diagnostics.add(at(static_cast<int>(i)), "not UTF-8, expected text in UTF-8");
      return false;
    }
    if (is_control(text[i])) {
      const std::string code = std::to_string(static_cast<unsigned char>(text[i]));
      diagnostics.add(at(static_cast<int>(i)), "control character " + code + ", expected text");
      return false;
    }
    i += length;
  }
  return true;
}

bool Document::tab_begins_line(int line) const {
  if (everywhere_) return false;
  std::string_view rest = *text_;
  for (int at = 1; at < line && !rest.empty(); ++at)
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  const std::size_t first = rest.find_first_not_of(' ');
  return first != std::string_view::npos && rest[first] == '\t';
}

bool Document::check_signs(std::size_t most, Diagnostics& diagnostics) const {
  std::size_t signs = 0;
  for (std::size_t i = 0; i < text_->size(); ++i) {
    if (std::string_view("[]{},:?&*!'\"").find((*text_)[i]) == std::string_view::npos || ++signs <= most)
      continue;
    diagnostics.add(at(static_cast<int>(i)),
                    "too many of the signs []{},:?&*!'\", expected at most " + std::to_string(most));
    return false;
  }
  return true;
}

std::string shortened(std::string_view text) {
  std::string shown;
  std::size_t taken = 0;
  for (const char c : text.substr(0, 4 * kMostQuoted)) {
    if (!continues_character(c) && ++taken > kMostQuoted) {
      shown += "…";
      break;
    }
    if (c == '\n') {
      shown += "\\n";
    } else if (c == '\t') {
      shown += "\\t";
    } else {
      shown += is_control(c) || c == '\r' ? '?' : c;
    }
  }
  return shown;
}

std::string quoted_for_message(std::string_view text) { return "'" + shortened(text) + "'"; }

void replace_environment(Value::Data& data, Diagnostics& diagnostics) {
  const std::size_t at = find_reference(data.text);
  if (at == std::string::npos) return;
  const std::string inside = at == 0 ? data.text.substr(2, data.text.size() - 3) : std::string();
  if (!data.text.ends_with('}') || !is_name(std::string_view(inside).substr(0, inside.find(':')))) {
    diagnostics.add(data.place, "${…} inside other text, expected it to be the whole value");
    return;
  }
  const std::size_t colon = inside.find(':');
  const std::string name = inside.substr(0, colon);
  const char* set = std::getenv(name.c_str());
  data.secret = true;
  data.quoted = false;
  if (set == nullptr && colon == std::string::npos) {
    diagnostics.add(data.place, "environment variable " + name + " is not set, expected it or a default: ${" +
                                    name + ":default}");
    return;
  }
  data.text = set ? std::string(set) : inside.substr(colon + 1);
  if (!data.text.empty() && looks_null(data.text)) data.kind = Value::Kind::null;
}

}  // namespace actionflow::config
