// What a SOURCE on the command line stands for.
#pragma once

#include <string>
#include <vector>

namespace actionflow {

struct NamedRecording {
  std::string source;
  // By which shares are told: from the folder on, or as the list has it; of a source itself empty.
  std::string name;
};

// Of a folder, "s3://BUCKET/FOLDER/" too, the recordings in it and below it; of a list, LIST.txt, those it
// names, one a line, from its own folder or as addresses, but for empty lines and those that begin with '#'
// (a file of such a name is written ./#1.mp4); names are as they are in the folder, on a server, too; else
// the source itself, and also where there are none, which then fails as one. Throws SourceError for a list or
// a bucket that cannot be read.
std::vector<NamedRecording> recordings_of(const std::string& source);

// Whether it is an http(s) address of what has an end: what a list names, or what the server gives in parts
// and says the length of, where that is no playlist. `expected`: nothing else can be meant, so also what is
// given whole, and what is not given at all, which is then told as of any recording.
bool is_recording_on_server(const NamedRecording& named, bool expected);

}  // namespace actionflow
