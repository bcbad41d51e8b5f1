// A sink of events whose messages wait on disk until their receiver has them.
//
// What is put survives a restart, and runs are numbered so that receivers hear no id of an event twice; a
// courier of its own hands it over (nodes/delivery/courier.h). A kind of sink says what is put and brings the
// delivery.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "nodes/delivery/courier.h"
#include "nodes/delivery/spool_options.h"
#include "nodes/flow/flow.h"
#include "nodes/flow/node.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

class SpooledSink : public ResultSink {
 public:
  SpooledSink(const NodeUse& use, const SpoolOptions& options, std::shared_ptr<Delivery> delivery,
              std::shared_ptr<RunContext> run)
      : spool_(std::make_shared<Spool>(options.file_of(use.name, use.place), options.limit)),
        courier_(use.name, spool_, std::move(delivery), [run] { return run->stopping(); }) {
    run->number_from(spool_->last_run() + 1);
  }

  void window(const WindowResult&) final {}
  void summary(const Summary&) final {}
  void finish() final { courier_.close(); }
  // The graph is built, and the run has its number.
  void begin_run(std::int64_t number) {
    if (!std::exchange(begun_, true)) spool_->begin_run(number);
  }
  void measure(MetricText& text) const { courier_.measure(text); }

 protected:
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

// Has the events of `input` given to it, and its state measured.
void add_spooled_sink(Flow& flow, const NodeUse& use, const NodeOutput& input,
                      const std::shared_ptr<SpooledSink>& sink);

}  // namespace actionflow
