// report.html of a training run: one file that a browser opens without anything else.
//
// Curves over epochs, the confusion matrix and measures of the validation split, and the worst mistakes as
// strips of the very frames that the network saw; of streams their timelines. Drawn as SVG and HTML here; no
// script is needed to read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/evaluation/clips/clip_measures.h"
#include "pipeline/evaluation/stream_report.h"

namespace actionflow {

// A wrongly answered video.
struct Mistake {
  std::string name, truth, answer;
  double confidence = 0;  // in the answer
  double truth_score = 0;
  std::string png;  // its frames side by side; empty: no picture
};

struct Report {
  std::string title;  // the network's name and the run's folder
  std::vector<std::string> classes;
  std::vector<std::string> metrics;    // the lines of metrics.jsonl; a line that is not JSON is passed over
  std::optional<Measures> validation;  // of the epoch kept as best
  std::int64_t best_epoch = 0;
  std::vector<Mistake> mistakes;  // worst first
  std::optional<StreamReport> streams;
};

std::string report_html(const Report& report);

// A curve over epochs 1, 2, …; values that are not finite leave a gap.
struct Curve {
  std::string name;
  std::vector<double> values;
};
// An SVG element. `percent`: values are shares. `mark`: an epoch to point out, 0: none.
std::string draw_curves(const std::vector<Curve>& curves, bool percent, std::int64_t mark);

}  // namespace actionflow
