// What `actionflow --version` says: what a report of a fault has to name.
#pragma once

#include <string>

namespace actionflow {

// Version and commit, the versions of the libraries that it runs with, the instruction sets it found and
// uses.
std::string version_text();

}  // namespace actionflow
