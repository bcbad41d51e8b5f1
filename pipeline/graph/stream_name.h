// What a stream may be called: its name stands in topics, addresses and names of files.
#pragma once

#include <string>

namespace actionflow {

// A command names streams by the paths of their files, and so may a pipeline file.
enum class NamedBy { file, request };

// What is wrong with the name, and what was expected, to follow it; empty: nothing.
std::string wrong_stream_name(const std::string& name, NamedBy by);

}  // namespace actionflow
