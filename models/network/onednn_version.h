// The version of oneDNN that the program runs with.
#pragma once

#include <string>

namespace actionflow {

std::string onednn_version();

}  // namespace actionflow
