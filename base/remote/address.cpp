#include "base/remote/address.h"

#include <fmt/format.h>

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

// As SigV4 wants a key: all but unreserved characters and slashes.
std::string percent_encoded(std::string_view key) {
  std::string encoded;
  for (const unsigned char c : key) {
    if (std::isalnum(c) || std::string_view("-._~/").find(static_cast<char>(c)) != std::string_view::npos)
      encoded += static_cast<char>(c);
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

RemoteTarget of_bucket(const std::string& address) {
  RemoteTarget target;
  target.shown = without_credentials(address);
  target.bucket = true;
  const std::string rest = address.substr(kBucketScheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == rest.size())
    throw SourceError(target.shown + ": names no file, expected s3://BUCKET/KEY");
  const std::string bucket = rest.substr(0, slash);
  for (const unsigned char c : bucket) {
    if (!std::isalnum(c) && c != '-' && c != '.' && c != '_')
      throw SourceError(target.shown + ": names no bucket, expected s3://BUCKET/KEY");
  }
  target.region = from_environment({"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (target.region.empty()) target.region = "us-east-1";
  target.url = bucket_url(bucket, target.region) + percent_encoded(rest.substr(slash + 1));
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
  if (begins_with(address, kBucketScheme)) return of_bucket(address);
  RemoteTarget target;
  target.shown = without_credentials(address);
  target.url = tidied(address);
  return target;
}

}  // namespace actionflow
