// A sink that hands everything to several.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "nodes/results/result_sink.h"

namespace actionflow {

// Each gets everything, whichever of them fails; what the first of those throws is thrown on.
class TeeSink : public ResultSink {
 public:
  // The first one says whether it is for people.
  explicit TeeSink(std::vector<std::shared_ptr<ResultSink>> sinks) : sinks_(std::move(sinks)) {}
  void window(const WindowResult& result) override;
  void event(const EventResult& result) override;
  void stream_end(const StreamEnd& end) override;
  void summary(const Summary& summary) override;
  void finish() override;
  bool readable() const override { return sinks_.front()->readable(); }

 private:
  template <class Call>
  void each(Call call) const;

  const std::vector<std::shared_ptr<ResultSink>> sinks_;
};

}  // namespace actionflow
