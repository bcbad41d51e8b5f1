#include "base/mask.h"

#include <algorithm>
#include <array>

namespace actionflow {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_secret_key(std::string key) {
  static constexpr std::array<std::string_view, 8> kSecret = {"pass", "pwd",  "token",  "secret",
                                                              "key",  "auth", "signat", "cred"};
  std::transform(key.begin(), key.end(), key.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::any_of(kSecret.begin(), kSecret.end(),
                     [&](std::string_view word) { return key.find(word) != std::string::npos; });
}

void hide(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) text[i] = '*';
}

// From "://" to the last '@' before the next address or line.
void hide_user_info(std::string& text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::size_t end = std::min({text.size(), text.find("://", begin), text.find('\n', begin)});
    const std::size_t sign = text.find_last_of('@', end == 0 ? 0 : end - 1);
    if (sign != std::string::npos && sign >= begin) hide(text, begin, sign);
  }
}

// The value of "?token=…" and "&password=…".
void hide_query_values(std::string& text) {
  for (std::size_t at = text.find_first_of("?&"); at != std::string::npos;
       at = text.find_first_of("?&", at + 1)) {
    std::size_t equals = at + 1;
    while (equals < text.size() && is_word(text[equals])) ++equals;
    if (equals >= text.size() || text[equals] != '=' || !is_secret_key(text.substr(at + 1, equals - at - 1)))
      continue;
    const std::size_t end = std::min(text.size(), text.find_first_of("&#'\" \t\n", equals));
    hide(text, equals + 1, end);
  }
}

}  // namespace

std::string without_passwords(std::string_view text) {
  std::string shown(text);
  hide_user_info(shown);
  hide_query_values(shown);
  return shown;
}

}  // namespace actionflow
