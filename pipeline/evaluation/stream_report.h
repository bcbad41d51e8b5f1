// What the report shows of detected actions: timelines, and the worst mistakes as strips of the network's own
// frames.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/tensor/input_spec.h"
#include "pipeline/evaluation/streams/event_measures.h"
#include "pipeline/evaluation/streams/sequence_source.h"

namespace actionflow {

struct StreamMistake {
  std::string stream;
  double start = 0, end = 0;  // seconds
  std::string what;           // "missed: stop", "wave (93 %), where it was stop"
  std::string png;            // its frames side by side; empty: no picture
};

struct StreamReport {
  EventMeasures measures;
  std::vector<StreamDetections> streams;
  std::vector<StreamMistake> mistakes;  // worst first
};

// `source`: the streams that were judged, in their order; those with mistakes are made again. The surest
// false events come first; an action that nothing was said of counts like an event at one half.
StreamReport report_streams(std::vector<StreamDetections> detected, const SequenceSource& source,
                            const std::vector<std::string>& classes, const InputSpec& input);

// A number with its name, as the page's heads have them.
std::string figure_of(std::string_view name, const std::string& value);

// Its part of the page.
std::string stream_report_html(const StreamReport& report, const std::vector<std::string>& classes);

}  // namespace actionflow
