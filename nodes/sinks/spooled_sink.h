// A sink of events whose messages wait on disk until their receiver has them.
//
// What is put survives a restart, and runs are numbered so that receivers hear no id of an event twice; a
// courier of its own hands it over (nodes/delivery/courier.h). A kind of sink says what is put and brings the
// delivery; nodes/sinks/spooled_node.h makes a node of it.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "nodes/delivery/courier.h"
#include "nodes/flow/run_context.h"
#include "nodes/results/json_lines.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

// What such a sink begins with.
struct SpooledUse {
  std::string name;  // the node's
  SpoolFormat format;
  std::filesystem::path file;
  ByteSize limit;
  std::vector<std::string> labels;  // that events have, as far as is known before the run
  std::shared_ptr<RunContext> run;
};

class SpooledSink : public ResultSink {
 public:
  SpooledSink(const SpooledUse& use, std::shared_ptr<Delivery> delivery)
      : spool_(std::make_shared<Spool>(use.file, use.limit, use.format)),
        courier_(use.name, spool_, std::move(delivery),
                 [run = use.run] { return run->receivers_expired(); }) {
    use.run->number_from(spool_->last_run() + 1);
  }

  void window(const WindowResult&) final {}
  void summary(const Summary&) final {}
  void finish() final { courier_.close(); }

  // A stream is there; the first one tells that the graph is built and the run has its number.
  void begin_stream(const std::string& name, std::int64_t run) {
    if (!std::exchange(begun_, true)) spool_->begin_run(run);
    stream(name);
  }
  // Its source stands somewhere else now. From any thread.
  virtual void connection(const std::string&, ConnectionState) {}
  void measure(MetricText& text) const { courier_.measure(text); }
  std::vector<Trouble> troubles() const {
    Trouble trouble;
    trouble.what = courier_.trouble(trouble.loses);
    return trouble.what.empty() ? std::vector<Trouble>() : std::vector{trouble};
  }

 protected:
  virtual void stream(const std::string&) {}

  void put(std::span<const Message> messages, const Spool::Notes& notes = {}) {
    spool_->put(messages, notes);
    courier_.wake();
  }
  const Spool& spool() const { return *spool_; }
  Courier& courier() { return courier_; }

 private:
  const std::shared_ptr<Spool> spool_;
  bool begun_ = false;
  Courier courier_;
};

// One whose messages are the lines that `classify --json` prints, each keyed by its stream. `Options` make
// the delivery.
template <class Options>
class EventLines : public SpooledSink {
 public:
  EventLines(const SpooledUse& use, const Options& options) : SpooledSink(use, options.delivery(*use.run)) {}

  void event(const EventResult& result) override {
    const Message line{"", to_json_line(result), false, 0, result.stream};
    put({&line, 1});
  }
};

}  // namespace actionflow
