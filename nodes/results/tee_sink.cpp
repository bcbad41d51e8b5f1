#include "nodes/results/tee_sink.h"

#include <exception>

namespace actionflow {

template <class Call>
void TeeSink::each(Call call) const {
  std::exception_ptr first;
  for (const auto& sink : sinks_) {
    try {
      call(*sink);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

void TeeSink::window(const WindowResult& result) {
  each([&](ResultSink& sink) { sink.window(result); });
}

void TeeSink::event(const EventResult& result) {
  each([&](ResultSink& sink) { sink.event(result); });
}

void TeeSink::stream_end(const StreamEnd& end) {
  each([&](ResultSink& sink) { sink.stream_end(end); });
}

void TeeSink::summary(const Summary& summary) {
  each([&](ResultSink& sink) { sink.summary(summary); });
}

void TeeSink::finish() {
  each([](ResultSink& sink) { sink.finish(); });
}

}  // namespace actionflow
