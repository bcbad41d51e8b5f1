#include "nodes/sinks/spooled_node.h"

#include "nodes/sinks/sink_flow.h"

namespace actionflow {

void add_spooled_sink(Flow& flow, const NodeUse& use, const NodeOutput& input,
                      const std::shared_ptr<SpooledSink>& sink) {
  flow.run().add_meter([weak = std::weak_ptr(sink)](MetricText& text) {
    if (const auto alive = weak.lock()) alive->measure(text);
  });
  flow.run().add_trouble_check([weak = std::weak_ptr(sink)] {
    const auto alive = weak.lock();
    return alive ? alive->troubles() : std::vector<Trouble>();
  });
  flow.run().on_connection(
      [use, weak = std::weak_ptr(sink)](const std::string& stream, ConnectionState state) {
        const auto alive = weak.lock();
        if (alive && use.reached_by(stream)) alive->connection(stream, state);
      });
  flow.add_to_lanes(
      use, [&flow, sink](StreamLane& lane) { sink->begin_stream(lane.name(), flow.run().number()); });
  add_result_sink(flow, use, input, sink);
}

}  // namespace actionflow
