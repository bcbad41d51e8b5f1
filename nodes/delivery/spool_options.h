// The options by which a sink's spool stands in a pipeline file: `spool: {file: alerts.spool, limit: 64 MB}`.
#pragma once

#include <filesystem>
#include <string>

#include "base/config/config.h"
#include "base/config/optional_path.h"
#include "base/config/quantity.h"

namespace actionflow {

struct SpoolOptions {
  OptionalPath file;
  ByteSize limit{64'000'000};
  static void describe(config::Fields<SpoolOptions>& fields);

  // Unless a file is named: NODE.spool in $STATE_DIRECTORY, as a service manager sets it, else beside the
  // pipeline file.
  std::filesystem::path file_of(const std::string& node, const config::Place& place) const;
};

}  // namespace actionflow
