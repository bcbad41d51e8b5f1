// The recordings that a folder holds, as people name a folder to have all of them read.
#pragma once

#include <string>
#include <vector>

namespace actionflow {

// Every video file in `folder` and the folders below it, by its suffix, and every folder of frames there, in
// natural order of their paths, which begin with `folder` as it is written.
//
// A folder of frames is one that holds JPEG or PNG files, and no video file in it or below it; so `folder`
// itself may be one, and then is what is found. What is hidden is passed over, and links to folders are not
// followed. A folder that cannot be read stands for what is in it, to be told when it is opened. Empty: there
// is none of all this.
//
// Of "s3://BUCKET/FOLDER/" every video file below; throws SourceError where it cannot be listed.
std::vector<std::string> recordings_in(const std::string& folder);

}  // namespace actionflow
