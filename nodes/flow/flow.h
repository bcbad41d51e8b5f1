// The running graph, as nodes see it: a tbb::flow graph of what all streams share, and a lane of stages for
// each stream (stream_lane.h).
//
// A Flow owns the graph and every flow node in it. Shared ports are given as TBB senders and receivers of
// items. Building is for one thread. Afterwards attach() and detach() may be called while it runs, from any
// thread, one at a time.
#pragma once

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/config/tree.h"
#include "base/tensor/input_spec.h"
#include "nodes/flow/item.h"
#include "nodes/flow/result_order.h"
#include "nodes/flow/run_context.h"
#include "nodes/flow/sink_thread.h"
#include "nodes/flow/stream_lane.h"
#include "nodes/flow/turns.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

template <class T>
using Sender = tbb::flow::sender<Item<T>>;
template <class T>
using Receiver = tbb::flow::receiver<Item<T>>;

struct GraphOptions;
struct NodeUse;
struct Model;

// Where a node's results leave it. Frames leave in each lane under the node's name, everything else once.
struct NodeOutput {
  std::string node;  // its name
  Sender<Clips>* clips = nullptr;
  std::vector<InputSpec> forms;  // of the clips, in the order of each clip item's list
  Sender<Scores>* scores = nullptr;
  Sender<Events>* events = nullptr;
  std::string window;  // the window node that cut what is scored
  // Networks only: goes on with another network and its weights from the next clip on. Throws ModelError
  // where that does not fit the graph. From any thread.
  std::function<void(const Model&)> exchange;
  // Of kinds whose options may change while they run: goes on by these from the next item on. From any
  // thread.
  std::function<void(const config::Value&)> change_options;
};

// When a lane's stage runs, compared with other work that is ready. Networks are `other`; decoders go before
// them, but for those that have gone first for long enough (turns.h).
enum class LanePriority { decode, window, other };

class Flow {
 public:
  // `results` gets the program's own results, on a thread of its own.
  Flow(std::shared_ptr<RunContext> run, const GraphOptions& options, std::shared_ptr<ResultSink> results);
  ~Flow();

  RunContext& run() { return *run_; }
  const std::shared_ptr<RunContext>& shared_run() { return run_; }
  const GraphOptions& options() const { return options_; }
  tbb::flow::graph& graph() { return *graph_; }
  Turns& turns() { return turns_; }

  // Makes a part of the graph that lives as long as it. What was made last goes first: a part may refer to
  // those made before it, and to the order of results.
  template <class T, class... Arguments>
  T& make(Arguments&&... arguments) {
    auto part = std::make_shared<T>(std::forward<Arguments>(arguments)...);
    parts_.push_back(part);
    return *part;
  }

  // What a node adds to the lane of each stream that reaches it: at attach(), in the order of adding.
  void add_to_lanes(const NodeUse& use, std::function<void(StreamLane&)> add);
  template <class T>
  std::shared_ptr<LaneStage<T>> make_stage(LanePriority priority, typename LaneStage<T>::Body body) {
    return std::make_shared<LaneStage<T>>(make_queue(priority), std::move(body));
  }
  // Whoever keeps something for each stream forgets it when the stream is detached; `streams` says of how
  // many something is kept.
  void on_detach(std::function<void(StreamId)> forget, std::function<std::size_t()> streams);

  // `stream` stands in the run context. The lane is there until detach().
  StreamLane& attach(StreamId stream);
  // Waits until everything of the stream is answered and written, tells the sinks so, and takes it out of the
  // graph. Its source must have ended. A second time nothing happens.
  void release(StreamId stream);
  // The same at once, where nothing of the stream is in the graph any more; else false.
  bool try_release(StreamId stream);
  // The same, and takes it out of the run context, too.
  void detach(StreamId stream);
  std::size_t lane_count() const;
  // Whether anything is in the graph, and how much of the streams that are attached has left it.
  struct Traffic {
    bool busy = false;
    std::int64_t answered = 0;
  };
  Traffic traffic() const;
  // The sum over everything that keeps something for each stream.
  std::size_t streams_kept() const;

  // A sink that is given results in the order in which they are written; it finishes with the run, after the
  // summary. Sources of the streams that reach `use` wait while it is busy.
  using WriteResult = std::function<void(StreamId, Result)>;
  WriteResult add_result_sink(const NodeUse& use, std::shared_ptr<ResultSink> sink);
  // A sink of one stream alone, which finishes with the stream. What it may lose early is video, what it may
  // lose else are results: so the metrics call them.
  std::shared_ptr<SinkThread> add_lane_sink(StreamLane& lane, const std::string& name,
                                            SinkThread::Task finish, std::size_t capacity);

  // The program's own results, and the order in which nodes write them.
  const ResultSink& results() const { return *results_; }
  ResultOrder& result_order() { return result_order_; }
  // Has the sources of these streams wait for the program's own results.
  void bound_by_results(const NodeUse& use);

  // Waits until nothing is left to do in the graph, and hands on the results that waited for others.
  void wait();
  // Tells the sinks of the streams that are left, writes the summary and ends all sinks. After a stop for as
  // long as sinks are waited for.
  void finish(const Summary& summary);

 private:
  struct LaneBuilder {
    std::function<bool(const StreamLane&)> reached_by;
    std::function<void(StreamLane&)> add;
  };
  struct Keeper {
    std::function<void(StreamId)> forget;
    std::function<std::size_t()> streams;
  };
  class LaneQueues;
  struct OwnSink {
    std::shared_ptr<ResultSink> sink;
    std::shared_ptr<SinkThread> thread;
  };

  // Null once it is released.
  std::shared_ptr<StreamLane> lane_of(StreamId stream) const;
  // Runs pieces of any number of queues, all at one priority.
  using QueueRunner = tbb::flow::function_node<std::shared_ptr<SerialQueue>, tbb::flow::continue_msg>;

  std::shared_ptr<SerialQueue> make_queue(LanePriority priority);
  // Once the workers have nothing else to do.
  void run_last(std::function<void()> work);
  std::shared_ptr<SinkThread> start_sink(const std::string& name, std::shared_ptr<ResultSink> sink);
  WriteResult writer(const OwnSink& own) const;
  void bound_by(const NodeUse& use, std::shared_ptr<SinkThread> thread);
  void tell_room();
  void forget(StreamId stream);
  void tell_end(StreamId stream);
  void end_sinks();

  const std::shared_ptr<RunContext> run_;
  const GraphOptions& options_;
  tbb::task_arena arena_;
  const std::shared_ptr<ResultSink> results_;
  std::vector<OwnSink> sinks_;  // the first one is the program's own
  ResultOrder result_order_;
  const std::shared_ptr<LaneQueues> lane_queues_;
  std::unique_ptr<tbb::flow::graph> graph_;
  std::array<std::unique_ptr<QueueRunner>, 3> runners_;  // by LanePriority
  Turns turns_;
  std::vector<std::shared_ptr<void>> parts_;
  std::vector<LaneBuilder> builders_;
  std::vector<Keeper> keepers_;
  mutable std::mutex lanes_mutex_;
  std::map<StreamId, std::shared_ptr<StreamLane>> lanes_;
};

// A node that takes one item at a time and gives its answers in the order of the items. (A serial
// function_node does not: it may start on its next item before it hands on the last answer.)
template <class In, class Out>
using SerialNode = tbb::flow::multifunction_node<Item<In>, std::tuple<Item<Out>>>;

// `body` makes an Item<Out> of an Item<In>. Its answers leave at output_port<0>.
template <class In, class Out, class Body>
SerialNode<In, Out>& make_serial(Flow& flow, Body body) {
  using Ports = typename SerialNode<In, Out>::output_ports_type;
  return flow.make<SerialNode<In, Out>>(flow.graph(), tbb::flow::serial,
                                        [body = std::move(body)](const Item<In>& item, Ports& ports) {
                                          std::get<0>(ports).try_put(body(item));
                                        });
}

}  // namespace actionflow
