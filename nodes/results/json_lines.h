// Results as JSON, one object a line.
#pragma once

#include <ostream>
#include <string>

#include "nodes/results/result_sink.h"

namespace actionflow {

// One line each, without the line's end. Numbers have a fixed form, so that equal results are equal
// lines: scores six digits after the point, times microseconds.
std::string to_json_line(const WindowResult& result);
std::string to_json_line(const Summary& summary);

// Writes and flushes a line a result. Throws Error when the stream cannot be written.
class JsonLinesSink : public ResultSink {
 public:
  // `out` must outlive the sink; `name` is for messages.
  JsonLinesSink(std::ostream& out, std::string name) : out_(out), name_(std::move(name)) {}
  void window(const WindowResult& result) override { write(to_json_line(result)); }
  void summary(const Summary& summary) override { write(to_json_line(summary)); }

 private:
  void write(const std::string& line);
  std::ostream& out_;
  std::string name_;
};

}  // namespace actionflow
