// One request for a stretch of a file on a server, by libcurl. No retries: see remote_file.h.
//
// Each thread keeps its connections for its next requests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/remote/address.h"

namespace actionflow {

struct ByteRange {
  std::uint64_t offset = 0, size = 0;
};

struct RangeAnswer {
  long status = 0;       // 0: there was none
  std::string failure;   // of the connection, in libcurl's words; empty: the answer came whole
  bool lasting = false;  // a failure that another try does not change
  bool unknown_host = false;
  bool stopped = false;
  std::string version;  // the server's ETag, or when the file was changed last; empty: it says neither
  std::optional<std::uint64_t> offset, total;  // of 206: where the answer begins, and of how many bytes
  std::optional<std::uint64_t> length;         // of the answer, as the server says it
  double retry_after = 0;                      // seconds; 0: it says nothing
  std::string region;                          // of the bucket, where it is another
  std::string code;                            // S3's word for an error: "NoSuchKey"
  // What came: of 206 not more than was asked for; of 200 all, where it is at most `most_whole`, else
  // nothing; of errors nothing.
  std::string body;
};

struct RequestOptions {
  // Bytes that a RemoteFile asks for to begin with, and where it is read elsewhere than it left off; 1 or
  // more.
  std::uint64_t first_block = std::uint64_t{256} << 10, leap_block = std::uint64_t{128} << 10;
  std::uint64_t most_whole = std::uint64_t{16} << 20;  // of what a server gives that gives no ranges
  double silence = 20;                                 // seconds without a byte that end a request
  std::function<bool()> stopped = {};                  // asked ten times a second; true ends it
};

// Blocks until the answer is there. Throws Error where libcurl cannot be set up.
RangeAnswer request_range(const RemoteTarget& target, ByteRange range, const RequestOptions& options);

}  // namespace actionflow
