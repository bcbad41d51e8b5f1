// Measurements for people and machines.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/benchmark/measurement.h"

namespace actionflow {

// One pipeline's, a stage a line.
std::string measurement_text(const Measurement& measurement);
// One line. `latency_ms` and the stages' `ms` are quantiles; `windows_per_second` has its least and most over
// the rounds under `windows_per_second_spread`.
std::string measurement_json(const Measurement& measurement);

// All of them side by side, the first being what the others are compared with: Markdown.
std::string comparison_table(const std::vector<Measurement>& measurements);
// The same as one self-contained page, with bars.
std::string comparison_page(const std::vector<Measurement>& measurements);

// NAME.json (a list), .md or .html. Throws UsageError for another suffix, Error where it cannot be written.
void check_report_name(const std::filesystem::path& file);
void write_report(const std::filesystem::path& file, const std::vector<Measurement>& measurements);

}  // namespace actionflow
