// Results for people: the best class of each window with a bar for each of the top classes.
#pragma once

#include <utility>

#include "nodes/results/line_output.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

class ConsoleSink : public ResultSink {
 public:
  // `classes`: how many are shown a window.
  explicit ConsoleSink(LineOutput out, int classes = 3) : out_(std::move(out)), classes_(classes) {}
  void window(const WindowResult& result) override;
  void summary(const Summary& summary) override;
  void finish() override { out_.finish(); }
  bool readable() const override { return true; }

 private:
  LineOutput out_;
  int classes_;
};

}  // namespace actionflow
