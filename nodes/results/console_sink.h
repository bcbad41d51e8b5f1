// Results for people: a bar for each of a window's top classes, a line for each action.
//
// On a terminal an action's line stands open while it goes on, and is written anew when it is over; elsewhere
// there is one line when it begins and one when it is over.
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
  void event(const EventResult& result) override;
  void summary(const Summary& summary) override;
  void finish() override { out_.finish(); }
  bool readable() const override { return true; }

 private:
  void write(const std::string& text);

  LineOutput out_;
  int classes_;
  std::string open_;  // the action whose line stands open
};

}  // namespace actionflow
