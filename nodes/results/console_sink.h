// Results for people: the best class of each window with a bar for each of the top classes.
#pragma once

#include <ostream>

#include "nodes/results/result_sink.h"

namespace actionflow {

class ConsoleSink : public ResultSink {
 public:
  // `out` must outlive the sink. `classes`: how many are shown a window.
  explicit ConsoleSink(std::ostream& out, int classes = 3) : out_(out), classes_(classes) {}
  void window(const WindowResult& result) override;
  void summary(const Summary& summary) override;
  bool readable() const override { return true; }

 private:
  std::ostream& out_;
  int classes_;
};

}  // namespace actionflow
