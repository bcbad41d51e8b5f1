// AWS's Signature Version 4 of a request, computed anew from its head as Amazon's documentation says
// ("Authenticating Requests: Using the Authorization Header", API reference of S3).
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cctype>
#include <map>
#include <sstream>
#include <string>

namespace actionflow::testing {

struct RequestHead {
  std::string method, path, query;
  std::map<std::string, std::string> headers;  // names in small letters

  explicit RequestHead(const std::string& text) {
    std::istringstream lines(text);
    std::string target, line;
    lines >> method >> target;
    std::getline(lines, line);
    const std::size_t mark = target.find('?');
    path = target.substr(0, mark);
    if (mark != std::string::npos) query = target.substr(mark + 1);
    while (std::getline(lines, line)) {
      if (line.ends_with('\r')) line.pop_back();
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) continue;
      std::string name = line.substr(0, colon), value = line.substr(colon + 1);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      while (value.starts_with(' ')) value.erase(0, 1);
      headers[name] = value;
    }
  }
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

inline std::string hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char c : bytes) {
    text += "0123456789abcdef"[c >> 4];
    text += "0123456789abcdef"[c & 15];
  }
  return text;
}

inline std::string sha256(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<char*>(digest), size};
}

inline std::string hmac(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return {reinterpret_cast<char*>(digest), size};
}

// "KEY=" of an Authorization header.
inline std::string part_of(const std::string& authorization, const std::string& key) {
  const std::size_t begin = authorization.find(key + "=");
  if (begin == std::string::npos) return {};
  const std::size_t from = begin + key.size() + 1;
  return authorization.substr(from, authorization.find_first_of(", ", from) - from);
}

// What the request's own scope, date and list of signed headers make of it with this secret.
inline std::string aws_signature(const RequestHead& head, const std::string& secret) {
  const std::string authorization = head.header("authorization");
  const std::string credential = part_of(authorization, "Credential"),
                    names = part_of(authorization, "SignedHeaders");
  std::string canonical = head.method + "\n" + head.path + "\n" + head.query + "\n";
  std::istringstream each(names);
  for (std::string name; std::getline(each, name, ';');) canonical += name + ":" + head.header(name) + "\n";
  canonical += "\n" + names + "\n" + head.header("x-amz-content-sha256");
  const std::string scope = credential.substr(credential.find('/') + 1);
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + head.header("x-amz-date") + "\n" + scope + "\n" + hex(sha256(canonical));
  std::string key = "AWS4" + secret;
  std::istringstream parts(scope);
  for (std::string part; std::getline(parts, part, '/');) key = hmac(key, part);
  return hex(hmac(key, to_sign));
}

}  // namespace actionflow::testing
