#include "base/remote/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "base/error.h"
#include "base/text/lower_case.h"
#include "base/text/mask.h"

namespace actionflow {

namespace {

constexpr std::string_view kBucketScheme = "s3://";

bool begins_with(std::string_view name, std::string_view scheme) {
  return lower_case(name.substr(0, scheme.size())) == scheme;
}

// The first of these variables that is set to something.
std::string from_environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value && *value != '\0') return value;
  }
  return {};
}

// As SigV4 wants it: all but unreserved characters and those that are `kept`.
std::string percent_encoded(std::string_view text, char kept) {
  std::string encoded;
  for (const unsigned char c : text) {
    const char plain = static_cast<char>(c);
    if (std::isalnum(c) || plain == kept || std::string_view("-._~").find(plain) != std::string_view::npos)
      encoded += plain;
    else
      encoded += fmt::format("%{:02X}", c);
  }
  return encoded;
}

// "https://bucket.s3.eu-west-1.amazonaws.com/"; certificates of Amazon's fit no bucket with a dot.
std::string bucket_url(const std::string& bucket, const std::string& region) {
  std::string endpoint = from_environment({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (!endpoint.empty()) {
    if (!begins_with(endpoint, "https://") && !begins_with(endpoint, "http://"))
      throw SourceError("AWS_ENDPOINT_URL is '" + without_credentials(endpoint) +
                        "', expected an address that begins with https:// or http://");
    while (endpoint.ends_with('/')) endpoint.pop_back();
    return endpoint + "/" + bucket + "/";
  }
  const std::string server = "s3." + region + ".amazonaws.com/";
  if (bucket.find('.') != std::string::npos) return "https://" + server + bucket + "/";
  return "https://" + bucket + "." + server;
}

struct BucketName {
  std::string bucket, key;
};

BucketName split(const std::string& address) {
  const std::string rest = address.substr(kBucketScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  return {rest.substr(0, slash), rest.substr(std::min(slash + 1, rest.size()))};
}

// All but its file's or its listing's part of the URL.
RemoteTarget of_bucket(const std::string& address, const std::string& bucket) {
  RemoteTarget target;
  target.shown = without_credentials(address);
  target.bucket = true;
  const bool plain = std::all_of(bucket.begin(), bucket.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == '_';
  });
  if (bucket.empty() || !plain)
    throw SourceError(target.shown + ": names no bucket, expected s3://BUCKET/KEY");
  target.region = from_environment({"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (target.region.empty()) target.region = "us-east-1";
  target.url = bucket_url(bucket, target.region);
  target.access_key = from_environment({"AWS_ACCESS_KEY_ID"});
  target.secret_key = from_environment({"AWS_SECRET_ACCESS_KEY"});
  target.session_token = from_environment({"AWS_SESSION_TOKEN"});
  if (target.access_key.empty() != target.secret_key.empty())
    throw SourceError(
        fmt::format("{}: {} is not set, expected both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                    target.shown, target.access_key.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"));
  return target;
}

// Blanks and what else no URL holds are written as %XX; what is so already stays.
std::string tidied(const std::string& address) {
  std::string tidy;
  for (const unsigned char c : address) {
    if (c <= ' ' || c >= 0x7f)
      tidy += fmt::format("%{:02X}", c);
    else
      tidy += static_cast<char>(c);
  }
  return tidy;
}

}  // namespace

RemoteTarget RemoteTarget::of(const std::string& address) {
  RemoteTarget target;
  if (begins_with(address, kBucketScheme)) {
    const BucketName name = split(address);
    target = of_bucket(address, name.bucket);
    if (name.key.empty()) throw SourceError(target.shown + ": names no file, expected s3://BUCKET/KEY");
    target.url += percent_encoded(name.key, '/');
    return target;
  }
  target.shown = without_credentials(address);
  target.url = tidied(address);
  return target;
}

RemoteTarget RemoteTarget::of_listing(const std::string& address, bool folders, const std::string& token) {
  if (!begins_with(address, kBucketScheme))
    throw SourceError(without_credentials(address) +
                      ": folders of web servers are not listed, expected a list of the videos, or s3://");
  BucketName name = split(address);
  RemoteTarget target = of_bucket(address, name.bucket);
  if (!name.key.empty() && !name.key.ends_with('/')) name.key += '/';
  // In the order of their names, as SigV4 wants them.
  if (!token.empty()) target.url += "?continuation-token=" + percent_encoded(token, '-');
  target.url += token.empty() ? "?" : "&";
  if (folders) target.url += "delimiter=%2F&";
  target.url += "list-type=2&prefix=" + percent_encoded(name.key, '-');
  return target;
}

}  // namespace actionflow
