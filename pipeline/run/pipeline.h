// A described flow graph, built and run.
//
//   Pipeline pipeline(load_pipeline("yard.yaml"), results);
//   Summary summary = pipeline.run();        // until all streams ended, or stop()
//   return summary.exit_code();
//
// The constructor compiles networks and opens output files; it throws Error. run() may be called once. It
// starts one thread a stream, which reads packets and hands them to the graph, and returns when the
// sources ended and everything read was answered. Cameras run all at once, recorded files a few at a time. A
// failing source or node is not an exception: it is logged once, counted in the summary, and leaves the other
// streams as they are.
//
// While it runs, streams are attached and detached, and weights exchanged, without a stop and without a
// change of what the other streams give. All of these may be called from any thread.
//
// After stop(), reading ends, what is in flight is finished for at most 2 s, the rest counts as dropped. A
// reader or a sink that does not return from a system call is left behind, with what it holds.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nodes/flow/flow.h"
#include "nodes/flow/run_context.h"
#include "nodes/results/result_sink.h"
#include "pipeline/graph/description.h"
#include "pipeline/run/lease.h"
#include "pipeline/run/stream_view.h"

namespace actionflow {

struct RunOptions {
  // For tests.
  FaultHook faults = {};
  // What deadlines, cameras' silence and the pace of `realtime` go by. A reader that was left behind goes on
  // looking at it. For tests.
  const Clock& clock = Clock::system();
  // Asked by its name before a recorded file is opened: false passes it over. Empty: all are taken. What it
  // throws ends the run.
  std::function<bool(const std::string&)> take = {};
  // Where it is given, a stream is read while it holds and no longer. The run begins without streams then,
  // and goes on without any until it is stopped.
  std::shared_ptr<const Lease> lease = {};
};

class Pipeline {
 public:
  // `results` gets the final results and, at the end, the summary, on a thread of its own.
  Pipeline(const PipelineDescription& description, std::shared_ptr<ResultSink> results,
           const RunOptions& options = {});
  // The same with a sink that outlives the pipeline, and whose calls return: it is not to be left behind.
  Pipeline(const PipelineDescription& description, ResultSink& results, const RunOptions& options = {});
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  Summary run();
  // From any thread or a signal handler, at any time.
  void stop() noexcept;

  // Takes up another stream. It reaches the decode nodes that name it or name none, and run() returns when it
  // has ended, too. Throws UsageError where a stream of that name is there, no decode node takes it, or the
  // run is over.
  void attach(const StreamDescription& stream);
  // Stops reading a stream, waits until what was read of it is answered and written, and forgets it; it goes
  // on to count in the summary. Throws UsageError where there is none of that name.
  void detach(const std::string& stream);
  // Both: the stream of that name goes on from another source. The run does not end in between.
  void replace(const StreamDescription& stream);
  // Goes on with another network and its weights in the node `node`, from the next clip on. Classes may be
  // others. Throws ModelError where it does not fit, UsageError where no network stands under that name.
  void exchange(const std::string& node, const Model& model);

  // Goes on with other options in the node `node`, from the next item on. Throws UsageError where no node
  // whose options may change stands under that name.
  void change_options(const std::string& node, const config::Value& options);

  // What messages that reach the graph's nodes ask of streams, those before it, too; `take` only notes them
  // down. Null: nobody takes them any more.
  void take_requests(RunContext::TakeRequest take);

  // What is held for streams: it is the same again when as many streams are attached.
  struct Holdings {
    std::size_t lanes = 0;
    std::size_t sources = 0;
    std::size_t states = 0;  // over all nodes that keep something for each stream
    friend bool operator==(const Holdings&, const Holdings&) = default;
  };
  Holdings holdings() const;

  // Begins anew to take the times of stages and latency, once it has warmed up.
  void forget_times();

  // A moment's state while it runs, for a progress line. From any thread.
  Summary progress();
  // The same and more, as Prometheus reads it.
  std::string metrics();
  // What is wrong just now where results go.
  std::vector<Trouble> troubles() const;
  // Whether it makes progress.
  Flow::Traffic traffic() const;
  // What is seen of the streams that are there, in the order in which they came. From any thread.
  std::vector<StreamView> streams() const;
  // The newest decoded frame of a stream, kept for those who look again within a few seconds: empty at the
  // first look, without one, and for an unknown name. From any thread.
  Frame newest_frame(const std::string& stream) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
