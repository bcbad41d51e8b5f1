// What was found as lines of JSON, as `classify --json` prints them.
//
// A camera's lines are written at once. A file's are written when it is done, with one more behind them,
// {"type":"stream","stream","seconds"}, or with "error" where it could not be read: that says which files are
// done. Then comes the summary of the run.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "nodes/results/json_lines.h"
#include "nodes/results/line_output.h"

namespace actionflow {

class JsonOutput : public ResultSink {
 public:
  // `cameras`: streams whose lines do not wait for their end.
  JsonOutput(LineOutput out, std::set<std::string> cameras)
      : out_(std::move(out)), cameras_(std::move(cameras)) {}
  void window(const WindowResult& result) override { add(result.stream, to_json_line(result) + "\n"); }
  void event(const EventResult& result) override { add(result.stream, to_json_line(result) + "\n"); }
  void stream_end(const StreamEnd& end) override;
  void summary(const Summary& summary) override { out_.write(to_json_line(summary) + "\n"); }
  void finish() override { out_.finish(); }

 private:
  void add(const std::string& stream, const std::string& line);

  LineOutput out_;
  const std::set<std::string> cameras_;
  std::map<std::string, std::string> waiting_;  // by stream
};

}  // namespace actionflow
