// A described flow graph, built and run.
//
//   Pipeline pipeline(load_pipeline("yard.yaml"), results);
//   Summary summary = pipeline.run();        // until all streams ended, or stop()
//   return summary.exit_code();
//
// The constructor compiles networks and opens output files; it throws Error. run() may be called once. It
// starts one thread a stream, which reads packets and hands them to the graph, and returns when the
// sources ended and everything read was answered. A failing source or node is not an exception: it is
// logged once, counted in the summary, and leaves the other streams as they are.
//
// After stop(), reading ends, what is in flight is finished for at most 2 s, the rest counts as dropped. A
// reader that does not return from a system call is left behind, with what it holds.
#pragma once

#include <memory>

#include "nodes/flow/run_context.h"
#include "nodes/results/result_sink.h"
#include "pipeline/graph/description.h"

namespace actionflow {

struct RunOptions {
  FaultHook faults;  // for tests
};

class Pipeline {
 public:
  // `results` gets the final results and must outlive the pipeline; its summary() is not called: that is
  // for the caller, with what run() gives.
  Pipeline(const PipelineDescription& description, ResultSink& results, const RunOptions& options = {});
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  Summary run();
  // From any thread or a signal handler, at any time.
  void stop() noexcept;

  // A moment's state while it runs, for a progress line. From any thread.
  Summary progress();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
