#include "nodes/results/result_sink.h"

namespace actionflow {

namespace {

struct Hand {
  ResultSink& sink;
  void operator()(const WindowResult& result) const { sink.window(result); }
  void operator()(const EventResult& result) const { sink.event(result); }
  void operator()(const StreamEnd& end) const { sink.stream_end(end); }
  void operator()(const Summary& summary) const { sink.summary(summary); }
};

}  // namespace

void ResultSink::write(const Result& result) { std::visit(Hand{*this}, result); }

}  // namespace actionflow
