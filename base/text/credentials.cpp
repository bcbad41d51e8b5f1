#include "base/text/credentials.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text/lower_case.h"
#include "base/text/mask.h"
#include "base/text/remote_name.h"

namespace actionflow {

namespace {

constexpr std::string_view kEndsWord = " \t\r\n\"'";
constexpr std::string_view kEndsValue = "& \t\r\n\"'";

// Wherever they stand in a key.
constexpr std::array<std::string_view, 18> kSecretParts = {
    "pass",  "pwd",     "token", "secret", "key",    "auth",   "sig",    "cred", "sess",
    "login", "account", "jwt",   "pin",    "bearer", "cookie", "ticket", "wsse", "user"};
// Keys of a query whose values everybody may see; any other's is a secret.
constexpr std::array<std::string_view, 30> kPlainKeys = {
    "action",  "buffer_size", "camera", "channel", "chn",        "codec",      "compression", "fifo_size",
    "fps",     "framerate",   "height", "hop",     "latency",    "mode",       "pkt_size",    "profile",
    "quality", "resolution",  "reuse",  "size",    "stream",     "streamtype", "subtype",     "t",
    "timeout", "transport",   "ttl",    "type",    "videocodec", "width"};
// Words of a configuration's keys.
constexpr std::array<std::string_view, 21> kSecretWords = {
    "password",    "passwort",      "passwd",  "passphrase", "pass",       "pwd", "pin",
    "secret",      "token",         "otp",     "auth",       "bearer",     "jwt", "cookie",
    "credentials", "authorization", "headers", "login",      "credential", "psk", "usr"};

template <class List>
bool holds(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_key_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("_-.%[]").find(c) != std::string_view::npos;
}

int hex_digit(char c) {
  const std::size_t digit = std::string_view("0123456789abcdef").find(c);
  return digit == std::string_view::npos ? -1 : static_cast<int>(digit);
}

// A key in lower case, its %XX as what they stand for, without brackets.
std::string plain_key(std::string_view key) {
  const std::string lower = lower_case(key);
  std::string plain;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const bool coded = lower[i] == '%' && i + 2 < lower.size() && hex_digit(lower[i + 1]) >= 0 &&
                       hex_digit(lower[i + 2]) >= 0;
    const char c =
        coded ? static_cast<char>(hex_digit(lower[i + 1]) * 16 + hex_digit(lower[i + 2])) : lower[i];
    if (coded) i += 2;
    if (c != '[' && c != ']') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

// "key=value", as help has it, is none.
bool sounds_secret(std::string_view key) {
  const std::string plain = plain_key(key);
  if (plain == "key") return false;
  return std::any_of(kSecretParts.begin(), kSecretParts.end(),
                     [&](std::string_view part) { return plain.find(part) != std::string::npos; });
}

// "a/b@2x.mp4" names a file; anything with a ':' or an '@' before its last '@' may hold a password. How an
// address is written, "[user[:password]@]host", has none.
bool may_be_user_info(std::string_view before_at) {
  if (before_at.starts_with('[')) return false;
  return before_at.find_first_of(":@") != std::string_view::npos ||
         before_at.find_first_of("/?#") == std::string_view::npos;
}

// A text's words, as `look` gets them, with where they begin.
template <class Look>
void for_each_word(std::string_view text, const Look& look) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.size(), text.find_first_of(kEndsWord, begin));
    look(text.substr(begin, end - begin), begin);
    begin = end + 1;
  }
}

// Where in a word an address goes on behind its scheme and user; npos for a word that is none.
std::size_t host_in(std::string_view word) {
  const std::size_t scheme = word.find("://");
  if (scheme == std::string_view::npos) return scheme;
  const std::size_t begin = scheme + 3, at = word.rfind('@');
  const bool user =
      at != std::string_view::npos && at >= begin && may_be_user_info(word.substr(begin, at - begin));
  return user ? at + 1 : begin;
}

// What stands in a bucket is named by its key, which may hold any character and opens nothing.
bool is_bucket(std::string_view before_host) { return lower_case(before_host).ends_with("s3"); }

// After each "://", up to the last '@' before the next address or line.
void find_in_addresses(std::string_view text, std::vector<TextSpan>& found) {
  for (std::size_t scheme = text.find("://"); scheme != std::string_view::npos;
       scheme = text.find("://", scheme + 3)) {
    const std::size_t begin = scheme + 3;
    std::size_t end = std::min({text.size(), text.find("://", begin), text.find('\n', begin)});
    if (is_bucket(text.substr(0, scheme))) end = std::min(end, text.find('/', begin));
    const std::size_t at = text.substr(begin, end - begin).rfind('@');
    if (at != std::string_view::npos && may_be_user_info(text.substr(begin, at)))
      found.push_back({begin, begin + at});
  }
}

// "rtmp://host/app/key": what stands behind the application is a stream's key.
void find_stream_keys(std::string_view text, std::vector<TextSpan>& found) {
  for (std::size_t scheme = text.find("://"); scheme != std::string_view::npos;
       scheme = text.find("://", scheme + 3)) {
    const std::string_view before = text.substr(0, scheme);
    if (!before.ends_with("rtmp") && !before.ends_with("rtmps")) continue;
    std::size_t end = std::min(text.size(), text.find_first_of(kEndsWord, scheme));
    if (text[end - 1] == ':') --end;  // of the sentence
    const std::size_t application = text.find('/', scheme + 3);
    const std::size_t key = application < end ? text.find('/', application + 1) : end;
    if (key < end) found.push_back({key + 1, end});
  }
}

// A word such as "rtsp:user:password@host", or with the scheme forgotten altogether.
void find_in_words(std::string_view text, std::vector<TextSpan>& found) {
  for_each_word(text, [&](std::string_view word, std::size_t begin) {
    const std::size_t at = word.rfind('@');
    if (at != std::string_view::npos && word.find("://") == std::string_view::npos && word.find(':') < at)
      found.push_back({begin, begin + at});
  });
}

// "?k=x&channel=2", of an address also what has no '='.
void find_in_queries(std::string_view text, std::vector<TextSpan>& found) {
  for_each_word(text, [&](std::string_view word, std::size_t word_begin) {
    const std::size_t host = host_in(word);
    const bool address = host != std::string_view::npos;
    if (address && is_bucket(word.substr(0, word.find("://")))) return;
    std::size_t mark = word.find_first_of("?#", address ? host : 0);
    while (mark < word.size()) {
      const std::size_t begin = mark + 1;
      mark = std::min(word.size(), word.find_first_of("?#&;", begin));
      const std::string_view part = word.substr(begin, mark - begin);
      const std::size_t equals = std::min({part.find("="), part.find("%3D"), part.find("%3d")});
      const std::size_t value = equals == std::string_view::npos ? 0 : equals + (part[equals] == '=' ? 1 : 3);
      if ((value == 0 && !address) || value == part.size() ||
          holds(kPlainKeys, lower_case(part.substr(0, equals))))
        continue;
      found.push_back({word_begin + begin + value, word_begin + mark});
    }
  });
}

// "bot123:KEY", or another address.
bool holds_a_login(std::string_view segment) {
  const std::string plain = plain_key(segment);
  const std::size_t colon = plain.find(':');
  if (colon == std::string::npos) return false;
  const bool bot = plain.starts_with("bot") && plain.find_first_not_of("0123456789", 3) == colon;
  return bot || plain.find("://") != std::string::npos;
}

// Long and of letters and digits, as few names of folders are. Of a folder with videos in it, one run of
// both is meant, not words and dates ("RockClimbingIndoor", "recording_2026_11_29").
bool looks_like_a_key(std::string_view segment, bool holds_videos) {
  constexpr std::ptrdiff_t kLeast = 16;
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0; };
  const std::string_view stem = segment.substr(0, segment.find('.'));
  for (auto begin = stem.begin(); begin < stem.end();) {
    const auto end = holds_videos ? std::find_if_not(begin, stem.end(), is_plain) : stem.end();
    const auto any = [&](int (*is)(int)) {
      return std::any_of(begin, end, [is](unsigned char c) { return is(c) != 0; });
    };
    const bool words = !holds_videos && any(std::isupper) && any(std::islower);
    if (end - begin >= kLeast && (any(std::isdigit) || words) && any(std::isalpha)) return true;
    begin = end == stem.end() ? end : end + 1;
  }
  return false;
}

void find_in_paths(std::string_view text, std::vector<TextSpan>& found) {
  for_each_word(text, [&](std::string_view word, std::size_t word_begin) {
    const std::size_t host = host_in(word);
    if (host == std::string_view::npos) return;
    const std::string scheme = lower_case(word.substr(0, word.find("://")));
    // The names of videos on web servers open nothing, either; what a camera calls its stream may be all that
    // keeps others out.
    if (is_bucket(scheme)) return;
    std::string_view path = word.substr(0, word.find_first_of("?#", host));
    while (path.size() > host && std::string_view(":,;.)'\"").find(path.back()) != std::string_view::npos)
      path.remove_suffix(1);
    const bool video = (scheme.ends_with("http") || scheme.ends_with("https")) && names_recording(path);
    bool hook = false;
    for (std::size_t begin = host; begin < path.size();) {
      const std::size_t end = std::min(path.size(), path.find('/', begin));
      const std::string_view segment = path.substr(begin, end - begin);
      if (hook) {
        found.push_back({word_begin + begin, word_begin + path.size()});
        return;
      }
      if (begin != host &&
          (holds_a_login(segment) || (!(video && end == path.size()) && looks_like_a_key(segment, video))))
        found.push_back({word_begin + begin, word_begin + end});
      hook = lower_case(segment).find("hook") != std::string::npos;
      begin = end + 1;
    }
  });
}

// "/session=1/" of a path, in a folder or in a bucket, is no key with its value, but for "/password=1/".
bool is_folder(std::string_view text, std::size_t key, std::size_t equals, std::size_t value) {
  const std::size_t begin = text.find_last_of(kEndsWord, key) + 1;
  const std::string_view word = text.substr(begin, text.find_first_of(kEndsWord, key) - begin);
  const std::size_t scheme = word.find("://");
  if (scheme != std::string_view::npos) return is_bucket(word.substr(0, scheme));
  return key > 0 && text[key - 1] == '/' && word.find('/', value - begin) != std::string_view::npos &&
         !names_a_secret(text.substr(key, equals - key));
}

// Behind each `equals`, "=" or "=" written with %XX.
void find_secret_values(std::string_view text, std::string_view equals, std::vector<TextSpan>& found) {
  for (std::size_t at = text.find(equals); at != std::string_view::npos; at = text.find(equals, at + 1)) {
    std::size_t key = at;
    while (key > 0 && is_key_character(text[key - 1])) --key;
    if (!sounds_secret(text.substr(key, at - key))) continue;
    const std::size_t value = at + equals.size();
    if (is_folder(text, key, at, value)) continue;
    found.push_back({value, std::min(text.size(), text.find_first_of(kEndsValue, value))});
  }
}

// "password: x", "{password: x, …}", "\"password\": [x]": a value ends where its list, map or line does.
void find_secret_entries(std::string_view line, std::vector<TextSpan>& found) {
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    std::size_t end = colon;
    while (end > 0 && std::string_view(" \"'").find(line[end - 1]) != std::string_view::npos) --end;
    std::size_t key = end;
    while (key > 0 && is_key_character(line[key - 1]) && line[key - 1] != '[') --key;
    if (!names_a_secret(line.substr(key, end - key))) continue;
    const std::size_t value = std::min(line.size(), line.find_first_not_of(' ', colon + 1));
    if (value == line.size()) continue;
    const char first = line[value];
    const std::string_view closing = first == '['    ? "]"
                                     : first == '{'  ? "}"
                                     : first == '"'  ? "\""
                                     : first == '\'' ? "'"
                                                     : ",}]";
    const bool enclosed = closing.size() == 1;
    const std::size_t from = enclosed ? value + 1 : value;
    found.push_back({from, std::min(line.size(), line.find_first_of(closing, from))});
  }
}

// Holds "***-3f2a9c01b2c4", as source_name.h has what it hides.
bool is_told_apart(std::string_view text) {
  constexpr std::string_view kStars = "***-";
  const std::size_t stars = text.find(kStars);
  if (stars == std::string_view::npos) return false;
  const std::string_view digits = text.substr(stars + kStars.size(), kHiddenDigits);
  return digits.size() == kHiddenDigits &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return hex_digit(c) >= 0; });
}

}  // namespace

std::vector<TextSpan> credentials_in(std::string_view text, bool of_configuration) {
  std::vector<TextSpan> found;
  find_in_addresses(text, found);
  find_stream_keys(text, found);
  find_in_words(text, found);
  find_in_queries(text, found);
  find_in_paths(text, found);
  for (const char* equals : {"=", "%3D", "%3d"}) find_secret_values(text, equals, found);
  if (of_configuration) find_secret_entries(text, found);
  std::erase_if(found, [&](const TextSpan& span) {
    return is_told_apart(text.substr(span.begin, span.end - span.begin));
  });
  std::sort(found.begin(), found.end(),
            [](const TextSpan& a, const TextSpan& b) { return a.begin < b.begin; });
  std::vector<TextSpan> apart;
  for (const TextSpan& span : found) {
    if (!apart.empty() && span.begin <= apart.back().end)
      apart.back().end = std::max(apart.back().end, span.end);
    else
      apart.push_back(span);
  }
  return apart;
}

bool names_a_secret(std::string_view key) {
  const std::string lower = lower_case(key);
  if (lower == "class_token") return false;  // of a network
  for (std::size_t begin = 0; begin < lower.size();) {
    const std::size_t end = std::min(lower.size(), lower.find_first_of("_-.", begin));
    if (holds(kSecretWords, std::string_view(lower).substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  const bool key_of_something = lower.ends_with("_key") || lower.ends_with("-key") || lower == "apikey";
  return key_of_something || lower == "url";  // services put keys into the path
}

}  // namespace actionflow
