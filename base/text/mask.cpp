#include "base/text/mask.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace actionflow {

namespace {

// Bytes of a text, from begin to before end.
struct Span {
  std::size_t begin, end;
};

constexpr std::string_view kEndsWord = " \t\r\n\"'";
constexpr std::string_view kEndsValue = "& \t\r\n\"'";

bool is_key_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' || c == '%';
}

// "key=value" alone, as help has it, is no secret; "?key=…" is.
bool is_secret_key(std::string_view key, bool in_query) {
  static constexpr std::array<std::string_view, 14> kSecret = {"pass",  "pwd",     "token", "secret",  "key",
                                                               "auth",  "sig",     "cred",  "session", "user",
                                                               "login", "account", "jwt",   "pin"};
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "key" && !in_query) return false;
  return std::any_of(kSecret.begin(), kSecret.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// "a/b@2x.mp4" names a file; anything with a ':' or an '@' before its last '@' may hold a password.
bool may_be_user_info(std::string_view before_at) {
  return before_at.find_first_of(":@") != std::string_view::npos ||
         before_at.find_first_of("/?#") == std::string_view::npos;
}

// After each "://", up to the last '@' before the next address or line.
void find_in_addresses(std::string_view text, std::vector<Span>& found) {
  for (std::size_t scheme = text.find("://"); scheme != std::string_view::npos;
       scheme = text.find("://", scheme + 3)) {
    const std::size_t begin = scheme + 3;
    const std::size_t end = std::min({text.size(), text.find("://", begin), text.find('\n', begin)});
    const std::size_t at = text.substr(begin, end - begin).rfind('@');
    if (at != std::string_view::npos && may_be_user_info(text.substr(begin, at)))
      found.push_back({begin, begin + at});
  }
}

// A word such as "rtsp:user:password@host", or with the scheme forgotten altogether.
void find_in_words(std::string_view text, std::vector<Span>& found) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.size(), text.find_first_of(kEndsWord, begin));
    const std::string_view word = text.substr(begin, end - begin);
    const std::size_t at = word.rfind('@');
    if (at != std::string_view::npos && word.find("://") == std::string_view::npos && word.find(':') < at)
      found.push_back({begin, begin + at});
    begin = end + 1;
  }
}

void find_secret_values(std::string_view text, std::vector<Span>& found) {
  for (std::size_t equals = text.find('='); equals != std::string_view::npos;
       equals = text.find('=', equals + 1)) {
    std::size_t key = equals;
    while (key > 0 && is_key_character(text[key - 1])) --key;
    const bool in_query = key > 0 && (text[key - 1] == '?' || text[key - 1] == '&');
    if (!is_secret_key(text.substr(key, equals - key), in_query)) continue;
    found.push_back({equals + 1, std::min(text.size(), text.find_first_of(kEndsValue, equals + 1))});
  }
}

// In order and apart.
std::vector<Span> credentials_in(std::string_view text) {
  std::vector<Span> found;
  find_in_addresses(text, found);
  find_in_words(text, found);
  find_secret_values(text, found);
  std::sort(found.begin(), found.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::vector<Span> apart;
  for (const Span& span : found) {
    if (!apart.empty() && span.begin <= apart.back().end)
      apart.back().end = std::max(apart.back().end, span.end);
    else
      apart.push_back(span);
  }
  return apart;
}

}  // namespace

std::string without_credentials(const std::string& text) {
  std::string shown;
  std::size_t done = 0;
  for (const Span& span : credentials_in(text)) {
    shown.append(text, done, span.begin - done).append("***");
    done = span.end;
  }
  return shown.append(text, done);
}

std::string with_credentials_starred(std::string_view text) {
  std::string shown(text);
  for (const Span& span : credentials_in(text))
    std::fill(shown.begin() + static_cast<std::ptrdiff_t>(span.begin),
              shown.begin() + static_cast<std::ptrdiff_t>(span.end), '*');
  return shown;
}

}  // namespace actionflow
