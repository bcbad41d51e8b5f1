// Results as JSON, one object a line.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "nodes/results/line_output.h"
#include "nodes/results/result_sink.h"
#include "nodes/results/rotation.h"

namespace actionflow {

// One line each, without the line's end. Numbers have a fixed form, so that equal results are equal
// lines: scores six digits after the point, times microseconds.
std::string to_json_line(const WindowResult& result);
std::string to_json_line(const EventResult& result);
std::string to_json_line(const StreamEnd& end);
std::string to_json_line(const Summary& summary);

// A line of a recording's results again, to the precision in which it was written; nothing for a summary.
// Throws UsageError where it is none of these lines.
std::optional<Result> from_json_line(const std::string& line);

// Writes a line a result at once. Throws Error where it cannot be written.
class JsonLinesSink : public ResultSink {
 public:
  explicit JsonLinesSink(LineOutput out) : out_(std::move(out)) {}
  explicit JsonLinesSink(Rotation rotation) : out_(rotation.open()), rotation_(std::move(rotation)) {}
  void window(const WindowResult& result) override { write(to_json_line(result)); }
  void event(const EventResult& result) override { write(to_json_line(result)); }
  void summary(const Summary& summary) override { write(to_json_line(summary)); }
  void finish() override { out_.finish(); }

 private:
  void write(std::string line) {
    line += '\n';
    if (rotation_) rotation_->before(out_, line.size());
    out_.write(line);
  }

  LineOutput out_;
  std::optional<Rotation> rotation_;
};

}  // namespace actionflow
