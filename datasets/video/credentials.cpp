#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

#include "datasets/video/source.h"

namespace actionflow {

namespace {

constexpr std::string_view kMask = "***";

bool is_key_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' || c == '%';
}

bool ends_value(char c) {
  return c == '&' || c == '"' || c == '\'' || std::isspace(static_cast<unsigned char>(c));
}

bool is_secret_key(std::string_view key) {
  static constexpr std::array<std::string_view, 14> kSecret = {"pass",  "pwd",     "token", "secret",  "key",
                                                               "auth",  "sig",     "cred",  "session", "user",
                                                               "login", "account", "jwt",   "pin"};
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(kSecret.begin(), kSecret.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// "a/b@2x.mp4" names a file; anything with a ':' or an '@' before its last '@' may hold a password.
bool may_be_user_info(std::string_view before_at) {
  return before_at.find_first_of(":@") != std::string_view::npos ||
         before_at.find_first_of("/?#") == std::string_view::npos;
}

// What stands between a scheme and the next one: "user:password@host/path".
std::string mask_user_info(std::string_view after_scheme) {
  const std::size_t at = after_scheme.rfind('@');
  if (at == std::string_view::npos || !may_be_user_info(after_scheme.substr(0, at)))
    return std::string(after_scheme);
  return std::string(kMask) + std::string(after_scheme.substr(at));
}

// A form without "//": "rtsp:user:password@host", or with the scheme forgotten altogether.
std::string mask_bare(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const std::size_t colon = text.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) return std::string(text);
  return std::string(kMask) + std::string(text.substr(at));
}

std::string mask_every_address(std::string_view text) {
  std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return mask_bare(text);
  std::string masked;
  std::size_t done = 0;
  while (scheme != std::string_view::npos) {
    const std::size_t begin = scheme + 3;
    scheme = text.find("://", begin);
    masked += text.substr(done, begin - done);
    masked += mask_user_info(text.substr(begin, scheme == std::string_view::npos ? scheme : scheme - begin));
    done = scheme == std::string_view::npos ? text.size() : scheme;
  }
  return masked;
}

std::string mask_secret_values(std::string_view text) {
  std::string masked;
  std::size_t done = 0;
  for (std::size_t equals = text.find('='); equals != std::string_view::npos; equals = text.find('=', done)) {
    std::size_t key = equals;
    while (key > done && is_key_character(text[key - 1])) --key;
    masked += text.substr(done, equals + 1 - done);
    done = equals + 1;
    if (!is_secret_key(text.substr(key, equals - key))) continue;
    masked += kMask;
    while (done < text.size() && !ends_value(text[done])) ++done;
  }
  masked += text.substr(done);
  return masked;
}

}  // namespace

std::string without_credentials(const std::string& source) {
  return mask_secret_values(mask_every_address(source));
}

}  // namespace actionflow
