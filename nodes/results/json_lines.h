// Results as JSON, one object a line.
#pragma once

#include <string>
#include <utility>

#include "nodes/results/line_output.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

// One line each, without the line's end. Numbers have a fixed form, so that equal results are equal
// lines: scores six digits after the point, times microseconds.
std::string to_json_line(const WindowResult& result);
std::string to_json_line(const EventResult& result);
std::string to_json_line(const StreamEnd& end);
std::string to_json_line(const Summary& summary);

// Writes a line a result at once. Throws Error where it cannot be written.
class JsonLinesSink : public ResultSink {
 public:
  explicit JsonLinesSink(LineOutput out) : out_(std::move(out)) {}
  void window(const WindowResult& result) override { out_.write(to_json_line(result) + "\n"); }
  void event(const EventResult& result) override { out_.write(to_json_line(result) + "\n"); }
  void summary(const Summary& summary) override { out_.write(to_json_line(summary) + "\n"); }
  void finish() override { out_.finish(); }

 private:
  LineOutput out_;
};

}  // namespace actionflow
