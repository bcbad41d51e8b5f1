// What a stream may be called, in files, messages and requests alike: it stands in topics, addresses and
// names of files.
#pragma once

#include <string>

namespace actionflow {

// What is wrong with the name, and what was expected, to follow it; empty: nothing.
std::string wrong_stream_name(const std::string& name);

}  // namespace actionflow
