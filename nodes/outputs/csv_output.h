// What was found as a table, RFC 4180: `video,start,end,label,score,error`, an action a row.
//
// A stream without actions, or one that could not be read to its end, has a row of its own with the rest
// empty, so every stream that is done stands in it. Lists with times are read from such tables, too.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "nodes/outputs/stream_output.h"
#include "nodes/results/line_output.h"

namespace actionflow {

inline constexpr std::size_t kCsvColumns = 6;
inline constexpr const char* kCsvHeader = "video,start,end,label,score,error\n";

// The rows of one stream. Times in milliseconds, scores in four digits after the point.
std::string csv_rows(const StreamEnd& end, const std::vector<FoundAction>& actions);
// A cell on one line, in quotes where it needs them.
std::string csv_cell(const std::string& content);

class CsvOutput : public StreamOutput {
 public:
  // `out` has the header already.
  CsvOutput(LineOutput out, Found found) : StreamOutput(found), out_(std::move(out)) {}
  void finish() override { out_.finish(); }

 private:
  void write(const StreamEnd& end, const std::vector<FoundAction>& actions) override {
    out_.commit(csv_rows(end, actions));
  }

  LineOutput out_;
};

}  // namespace actionflow
