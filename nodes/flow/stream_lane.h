// What belongs to one stream while the graph runs: its decoders, windows, gates, recurrent states and files.
//
// Shared nodes are flow nodes and stand once. A lane is made of stages, each a serial queue (serial_queue.h)
// with the state of one node for this stream; stages hand their items to each other and, at the lane's end,
// to the shared nodes, which hand back what has to run once a stream. So a lane is attached and detached
// (flow.h) while the graph runs.
//
//   packets ─► decode ─► window ─► gate ─► shared nodes ─► recurrence ─► shared nodes ─► sinks
//
// It is put together on one thread; after that put(), has_room() and tell_room() may be called from any.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "nodes/flow/item.h"
#include "nodes/flow/run_context.h"
#include "nodes/flow/serial_queue.h"
#include "nodes/flow/sink_thread.h"
#include "nodes/flow/window_progress.h"

namespace actionflow {

// Takes one item at a time, in the order of putting, on a worker of the graph. `body` must not throw.
template <class T>
class LaneStage : public std::enable_shared_from_this<LaneStage<T>> {
 public:
  using Body = std::function<void(const Item<T>&)>;
  LaneStage(std::shared_ptr<SerialQueue> queue, Body body)
      : queue_(std::move(queue)), body_(std::move(body)) {}

  void put(const Item<T>& item) {
    queue_->post([self = this->shared_from_this(), item] { self->body_(item); });
  }

 private:
  const std::shared_ptr<SerialQueue> queue_;
  const Body body_;
};

class StreamLane {
 public:
  using FramesReceiver = std::function<void(const FramesItem&)>;
  using PacketsReceiver = std::function<void(const PacketItem&)>;

  StreamLane(StreamId id, StreamState& state) : id_(id), state_(state) {}
  StreamLane(const StreamLane&) = delete;
  StreamLane& operator=(const StreamLane&) = delete;

  StreamId id() const { return id_; }
  StreamState& state() { return state_; }
  const std::string& name() const { return state_.name; }

  // Where packets enter: put() hands one to every decoder.
  void add_input(std::shared_ptr<LaneStage<PacketMessage>> decoder) { inputs_.push_back(std::move(decoder)); }
  bool has_inputs() const { return !inputs_.empty(); }
  // Called with each packet that clips are recorded from, on its source's thread, which must not be held up:
  // those of put() or, where the stream has another source for that, of put_recorded(). While the lane is put
  // together.
  void on_packets(PacketsReceiver receiver) { packets_.push_back(std::move(receiver)); }
  void put(const PacketItem& item);
  void put_recorded(const PacketItem& item);

  // The frames that the node `node` gives in this lane.
  void connect_frames(const std::string& node, FramesReceiver receiver);
  void give_frames(const std::string& node, const FramesItem& item) const;

  // How far the node `window` has cut this stream.
  const std::shared_ptr<WindowProgress>& progress(const std::string& window);

  // Asked before a file's next packet is read; `changed` is called by gates and sinks that have room again.
  void add_bound(std::function<bool()> has_room) { bounds_.push_back(std::move(has_room)); }
  bool has_room() const;
  void on_room(std::function<void()> changed);
  void tell_room();

  // Sinks of this stream alone. They end with it.
  void add_sink(std::shared_ptr<SinkThread> sink) { sinks_.push_back(std::move(sink)); }
  const std::vector<std::shared_ptr<SinkThread>>& sinks() const { return sinks_; }

  // Tickets of the stream's items hold it.
  const std::shared_ptr<InFlight>& in_flight() const { return in_flight_; }

 private:
  const StreamId id_;
  StreamState& state_;
  const std::shared_ptr<InFlight> in_flight_ = std::make_shared<InFlight>();
  std::vector<std::shared_ptr<LaneStage<PacketMessage>>> inputs_;
  std::vector<PacketsReceiver> packets_;
  std::map<std::string, std::vector<FramesReceiver>> frames_;
  std::map<std::string, std::shared_ptr<WindowProgress>> progress_;
  std::vector<std::function<bool()>> bounds_;
  std::vector<std::shared_ptr<SinkThread>> sinks_;
  std::mutex listener_mutex_;
  std::function<void()> listener_;
};

}  // namespace actionflow
