// What a bucket holds (ListObjectsV2), as if names with slashes were files in folders.
//
// Both throw SourceError as RemoteFile does, and for https://, where nobody says what there is.
#pragma once

#include <string>
#include <vector>

namespace actionflow {

// Below "s3://BUCKET/FOLDER/", or "s3://BUCKET", at any depth, as they stand from there on: "wave/a 1.mp4".
// In the server's order.
std::vector<std::string> files_below(const std::string& folder);

// Of the folders that stand just there.
std::vector<std::string> folders_below(const std::string& folder);

}  // namespace actionflow
