// Frames a second of each stream, counted over the last few seconds.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "pipeline/run/stream_view.h"

namespace actionflow {

// For one thread.
class StreamRates {
 public:
  static constexpr std::int64_t kSpanNs = 5'000'000'000;

  // What the streams have counted by now; those that are gone are forgotten.
  void count(const std::vector<StreamView>& streams, std::int64_t now_ns);
  // 0 before the second count.
  double frames_per_second(const std::string& stream) const;

 private:
  struct Count {
    std::int64_t at_ns = 0;
    std::int64_t frames = 0;
  };
  std::map<std::string, std::deque<Count>> counts_;
};

}  // namespace actionflow
