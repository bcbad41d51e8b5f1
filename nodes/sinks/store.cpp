// store: events kept in a folder from run to run, with a clip and a picture of each.
#include <filesystem>

#include "base/config/quantity.h"
#include "nodes/flow/join_node.h"
#include "nodes/sinks/sink_kinds.h"
#include "nodes/store/event_recorder.h"

namespace actionflow {

namespace {

// Packets and events of a stream that may wait for the disk.
constexpr std::size_t kToWrite = 256;

struct StoreOptions {
  std::filesystem::path folder;
  Duration keep{30. * 86400};
  ByteSize limit{2'000'000'000};
  bool record = true;
  Duration before{2};
  Duration after{2};
  Duration longest{300};
  static void describe(config::Fields<StoreOptions>& fields) {
    fields.add("folder", &StoreOptions::folder, "where events are kept; goes on with what is there")
        .required();
    fields.add("keep", &StoreOptions::keep, "how long; 0: for ever").at_least(0);
    fields.add("limit", &StoreOptions::limit, "of the folder's size, beyond which the oldest go; 0: none")
        .at_least(0);
    fields.add("record", &StoreOptions::record, "a clip and a picture of each event, too");
    fields.add("before", &StoreOptions::before, "of a clip ahead of the event's start").range(0, 60);
    fields.add("after", &StoreOptions::after, "of a clip behind the event's end").range(0, 60);
    fields.add("longest", &StoreOptions::longest, "of a clip; the rest of the event is left out")
        .range(1, 3600);
  }
};

// What a stream's events become, and the thread on which that happens.
struct LaneStore {
  const StreamState& stream;
  std::shared_ptr<EventRecorder> recorder;
  std::shared_ptr<SinkThread> thread;

  // Of a live stream packets are dropped where the disk does not keep up, and its clips have an end there;
  // only where nothing but changes of events waits, the oldest of those go. A connection's begin and end
  // stay, else packets would be taken for another one's. Tickets stay behind, as an item in a sink's queue is
  // no longer in the graph.
  void take(const PacketItem& item) const {
    PacketItem kept{item.key, item.mark, nullptr, item.outcome};
    post(
        item.mark == Mark::none ? SinkThread::Loss::early : SinkThread::Loss::never,
        [to = recorder, kept = std::move(kept)] { to->take(kept); }, SinkThread::Success::proves_nothing);
  }
  void take(const EventsItem& item) const {
    if (!item.outcome.has_value()) return;
    // No change at all is told where nothing waits, so that what is old goes from the folder.
    if (!item.outcome.value()->empty() || thread->waiting() == 0)
      post(
          SinkThread::Loss::seldom, [to = recorder, events = item.outcome.value()] { to->take(events); },
          item.outcome.value()->empty() ? SinkThread::Success::proves_nothing : SinkThread::Success::writes);
  }
  void post(SinkThread::Loss loss, SinkThread::Task task, SinkThread::Success success) const {
    thread->post(stream.live ? loss : SinkThread::Loss::never, std::move(task), 0, success);
  }
};

class StoreNode : public Node {
 public:
  using Options = StoreOptions;
  explicit StoreNode(Options options) : options_(std::move(options)) {}

  std::vector<std::filesystem::path> outputs(const std::vector<std::string>&) const override {
    return {event_file(options_.folder)};
  }

  void settle(const NodeUse& use, const Neighbours&, config::Diagnostics& diagnostics) override {
    std::error_code unknown;
    if (std::filesystem::exists(options_.folder, unknown) &&
        !std::filesystem::is_directory(options_.folder, unknown))
      diagnostics.add(use.place, "'" + use.name + "' would keep events in " + options_.folder.string() +
                                     ", which is a file, expected a folder");
  }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    const StoreLimits limits{options_.keep.seconds, options_.limit.bytes};
    const auto store = std::make_shared<NumberedStore>(std::make_shared<EventStore>(options_.folder, limits));
    flow.run().number_from(store->store->next_run());
    const auto lanes = InLanes<LaneStore>::make(flow);
    flow.add_to_lanes(use, [this, &flow, use, lanes, store](StreamLane& lane) {
      auto kept = std::make_shared<LaneStore>(begin(flow, use, lane, *store));
      if (options_.record) lane.on_packets([kept](const PacketItem& item) { kept->take(item); });
      lanes->add(lane.id(), std::move(kept));
    });
    using Router = tbb::flow::function_node<EventsItem, tbb::flow::continue_msg>;
    auto& router = flow.make<Router>(flow.graph(), tbb::flow::serial, [lanes](const EventsItem& item) {
      lanes->of(item.key.stream)->take(item);
      return tbb::flow::continue_msg();
    });
    tbb::flow::make_edge(*inputs.front().events, router);
    return {};
  }

 private:
  // Other stores of the graph have a say in the run's number, so it stands once all are built.
  struct NumberedStore {
    explicit NumberedStore(std::shared_ptr<EventStore> events) : store(std::move(events)) {}
    const std::shared_ptr<EventStore>& of(std::int64_t run) {
      if (!std::exchange(numbered, true)) store->begin_run(run);
      return store;
    }
    std::shared_ptr<EventStore> store;
    bool numbered = false;
  };

  LaneStore begin(Flow& flow, const NodeUse& use, StreamLane& lane, NumberedStore& store) const {
    const RecordOptions record{!lane.state().source.record.empty(), options_.record, options_.before.seconds,
                               options_.after.seconds, options_.longest.seconds};
    auto recorder = std::make_shared<EventRecorder>(store.of(flow.run().number()), lane.name(), record,
                                                    flow.run().clock());
    auto thread = flow.add_lane_sink(
        lane, use.name, [recorder] { recorder->finish(); }, kToWrite);
    return {lane.state(), std::move(recorder), std::move(thread)};
  }

  Options options_;
};

}  // namespace

NodeKind store_kind() {
  return node_kind<StoreNode>("store", "events kept in a folder, with a clip and a picture of each",
                              {PortType::events}, PortType::nothing, true);
}

}  // namespace actionflow
