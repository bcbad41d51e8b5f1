#include "nodes/sinks/spooled_sink.h"

#include "nodes/sinks/sink_flow.h"

namespace actionflow {

void add_spooled_sink(Flow& flow, const NodeUse& use, const NodeOutput& input,
                      const std::shared_ptr<SpooledSink>& sink) {
  flow.run().add_meter([weak = std::weak_ptr(sink)](MetricText& text) {
    if (const auto alive = weak.lock()) alive->measure(text);
  });
  flow.add_to_lanes(use, [&flow, sink](StreamLane&) { sink->begin_run(flow.run().number()); });
  add_result_sink(flow, use, input, sink);
}

}  // namespace actionflow
