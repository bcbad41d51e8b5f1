// What stands in a weights file whose network nobody named, and which of the shipped ones it seems to be.
#pragma once

#include <string>

#include "models/formats/weight_files.h"

namespace actionflow {

// `contents` without a model.
std::string weights_table(const FileContents& contents);
std::string weights_json(const std::string& file, const FileContents& contents);

}  // namespace actionflow
