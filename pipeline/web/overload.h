// Which live streams had most of their windows dropped in the last minute: the machine has too much to do.
// Belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "pipeline/run/stream_view.h"

namespace actionflow {

class Overload {
 public:
  static constexpr std::int64_t kWithinNs = 60'000'000'000;
  // Fewer are a moment's matter.
  static constexpr std::int64_t kFewest = 10;

  // Once a second or so; times are a steady clock's.
  void note(const std::vector<StreamView>& views, std::int64_t now_ns);
  // A line a stream: "door: 53 of 60 windows were dropped in the last minute; the machine has too much to
  // do".
  std::vector<std::string> reasons() const;

 private:
  struct Count {
    std::int64_t at_ns = 0, windows = 0, dropped = 0;
  };
  std::map<std::string, std::deque<Count>> counts_;  // by stream, oldest first
};

}  // namespace actionflow
