// Names that are addresses of files on servers, which the file system knows nothing of.
#pragma once

#include <string_view>

namespace actionflow {

// Whether the name begins with https://, http:// or s3://.
bool is_remote(std::string_view name);

// Whether an http(s) address ends, before its query, as a video file's does and no camera's.
bool names_recording(std::string_view address);

}  // namespace actionflow
