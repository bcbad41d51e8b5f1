// The tbb::flow graph under construction and running, as nodes see it.
//
// A Flow owns the graph and every flow node in it. Ports are given as TBB senders and receivers of
// items. Building is for one thread; while it runs, only try_put of the inputs may be called from
// outside.
#pragma once

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/input_spec.h"
#include "nodes/flow/item.h"
#include "nodes/flow/result_order.h"
#include "nodes/flow/run_context.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

template <class T>
using Sender = tbb::flow::sender<Item<T>>;
template <class T>
using Receiver = tbb::flow::receiver<Item<T>>;

struct GraphOptions;

// Where a node's results leave it. Frames leave once a stream, everything else once for all.
struct NodeOutput {
  std::map<StreamId, Sender<Frames>*> frames;
  Sender<Clips>* clips = nullptr;
  std::vector<InputSpec> forms;  // of the clips, in the order of each clip item's list
  Sender<Scores>* scores = nullptr;
  const std::vector<std::string>* classes = nullptr;  // of the scores
  std::string node;                                   // its name
  std::vector<StreamId> streams;
};

class Flow {
 public:
  Flow(RunContext& run, const GraphOptions& options, ResultSink& results);
  ~Flow();

  RunContext& run() { return run_; }
  const GraphOptions& options() const { return options_; }
  tbb::flow::graph& graph() { return *graph_; }

  // Makes a part of the graph that lives as long as it. What was made last goes first: a part may refer to
  // those made before it, and to the order of results.
  template <class T, class... Arguments>
  T& make(Arguments&&... arguments) {
    auto part = std::make_shared<T>(std::forward<Arguments>(arguments)...);
    parts_.push_back(part);
    return *part;
  }

  // Where a stream's packets enter: put() hands one to every decoder of the stream.
  void add_input(StreamId stream, Receiver<PacketMessage>& receiver);
  void put(StreamId stream, const PacketItem& item);
  bool has_inputs(StreamId stream) const;

  // Asked before a file's next packet is read; `changed` is called by gates that have room again.
  void add_bound(StreamId stream, std::function<bool()> has_room);
  bool has_room(StreamId stream) const;
  void set_room_listener(StreamId stream, std::function<void()> changed);
  void tell_room(StreamId stream);

  // Called when the run ended, in the order of adding; sinks close here.
  void on_finish(std::function<void(const Summary&)> finish) { finish_.push_back(std::move(finish)); }
  void finish(const Summary& summary);

  // The program's own results, and the order in which nodes write them.
  ResultSink& results() { return results_; }
  ResultOrder& result_order() { return result_order_; }

  // Waits until nothing is left to do in the graph, and writes the results that waited for others.
  void wait();

 private:
  struct Stream {
    std::vector<Receiver<PacketMessage>*> inputs;
    std::vector<std::function<bool()>> bounds;
    std::function<void()> listener;
  };

  RunContext& run_;
  const GraphOptions& options_;
  tbb::task_arena arena_;
  ResultSink& results_;
  ResultOrder result_order_;
  std::unique_ptr<tbb::flow::graph> graph_;
  std::vector<std::shared_ptr<void>> parts_;
  std::vector<Stream> streams_;
  std::vector<std::function<void(const Summary&)>> finish_;
};

// A node that takes one item at a time and gives its answers in the order of the items. (A serial
// function_node does not: it may start on its next item before it hands on the last answer.)
template <class In, class Out>
using SerialNode = tbb::flow::multifunction_node<Item<In>, std::tuple<Item<Out>>>;

// `body` makes an Item<Out> of an Item<In>. Its answers leave at output_port<0>.
template <class In, class Out, class Body>
SerialNode<In, Out>& make_serial(Flow& flow, Body body,
                                 tbb::flow::node_priority_t priority = tbb::flow::no_priority) {
  using Ports = typename SerialNode<In, Out>::output_ports_type;
  return flow.make<SerialNode<In, Out>>(
      flow.graph(), tbb::flow::serial,
      [body = std::move(body)](const Item<In>& item, Ports& ports) {
        std::get<0>(ports).try_put(body(item));
      },
      priority);
}

}  // namespace actionflow
