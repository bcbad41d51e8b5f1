// Addresses of files that lie on a server: https://, http:// and, in a bucket of S3 or of what speaks like
// it, s3://.
//
// s3://BUCKET/KEY is asked for at AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL (then the bucket is the path's
// first part), else at Amazon's server for AWS_REGION (or AWS_DEFAULT_REGION, else us-east-1). Requests are
// signed where AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set, with AWS_SESSION_TOKEN where there is
// one; without them the bucket has to be open to all. From any thread, as long as nobody changes the
// environment.
#pragma once

#include <string>

namespace actionflow {

// What an address stands for in terms of HTTP.
struct RemoteTarget {
  std::string shown;  // the address for messages: without credentials
  std::string url;    // percent-encoded
  // Of s3://; without a key requests are not signed.
  bool bucket = false;
  std::string region, access_key, secret_key, session_token;

  // Throws SourceError: no bucket or no key, a key without its secret, an endpoint that is no address.
  static RemoteTarget of(const std::string& address);
  // What lists a bucket below "s3://BUCKET/FOLDER/" or "s3://BUCKET" (ListObjectsV2): its folders there
  // alone, or all files. `token` is what the answer before said; empty: the first.
  static RemoteTarget of_listing(const std::string& address, bool folders, const std::string& token);
};

}  // namespace actionflow
