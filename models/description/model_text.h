// A model file as text.
#pragma once

#include <string>

#include "base/config/config.h"

namespace actionflow {

// YAML that reads back to the same values: a map or list on one line where it fits, else one entry a line.
// What came from the environment is written out, since the text has to stand for itself.
std::string model_text(const config::Value& value);

}  // namespace actionflow
