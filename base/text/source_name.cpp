#include "base/text/source_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/hash.h"
#include "base/text/credentials.h"
#include "base/text/lower_case.h"
#include "base/text/utf8.h"

namespace actionflow {

namespace {

// Passwords, of which short ones could be found from a hash, and what goes with signatures; Amazon's and
// Google's own keys begin with "x-amz-" and "x-goog-".
constexpr std::array<std::string_view, 13> kOpening{
    "awsaccesskeyid", "expires", "googleaccessid", "key-pair-id", "pass", "passphrase", "passwd",
    "password",       "pin",     "policy",         "psk",         "pwd",  "signature"};
// Azure's, too short to be known but beside its signature.
constexpr std::array<std::string_view, 5> kOpeningAzure{"se", "sig", "ske", "skt", "st"};

// Of "?Expires=" before a value, in lower case.
std::string key_before(std::string_view address, std::size_t value) {
  const std::string_view before = address.substr(0, value);
  const std::size_t begin = before.find_last_of("?&;#") + 1;
  return before.ends_with('=') ? lower_case(before.substr(begin, value - 1 - begin)) : std::string();
}

bool only_opens(std::string_view address, const TextSpan& hidden) {
  if (hidden.end < address.size() && address[hidden.end] == '@') return true;
  const std::string key = key_before(address, hidden.begin);
  const bool azure =
      address.find("?sig=") != std::string_view::npos || address.find("&sig=") != std::string_view::npos;
  return key.starts_with("x-amz-") || key.starts_with("x-goog-") ||
         std::ranges::find(kOpening, key) != kOpening.end() ||
         (azure && std::ranges::find(kOpeningAzure, key) != kOpeningAzure.end());
}

// All digits differ where one letter does.
std::string hash_of(std::string_view hidden) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;  // golden ratio
  const std::uint64_t hash = fnv1a(hidden);
  return fmt::format("-{:016x}", (hash ^ (hash >> 32)) * kOdd).substr(0, 1 + kHiddenDigits);
}

bool is_path(const std::string& source) {
  std::error_code error;
  return source.find("://") == std::string::npos &&
         (source.find('@') == std::string::npos || std::filesystem::exists(source, error));
}

std::string told_apart(const std::string& address) {
  std::string shown;
  std::size_t done = 0;
  for (const TextSpan& span : credentials_in(address, false)) {
    shown.append(address, done, span.begin - done).append("***");
    if (!only_opens(address, span))
      shown += hash_of(std::string_view(address).substr(span.begin, span.end - span.begin));
    done = span.end;
  }
  return shown.append(address, done);
}

}  // namespace

std::string recording_name(const std::string& source) {
  const std::string name = is_path(source) ? source : told_apart(source);
  const std::string shown = printable(name);
  return shown == name ? name : shown + hash_of(name);
}

}  // namespace actionflow
