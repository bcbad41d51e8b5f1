// What is seen of one stream while it runs: a moment's copy, which holds nothing up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nodes/flow/run_context.h"

namespace actionflow {

struct StreamView {
  std::string name;
  ConnectionState state = ConnectionState::waiting;
  std::int64_t since_ns = 0;  // of the state, UTC
  std::string error;          // why it is lost, or has failed; without credentials
  bool live = false;
  std::int64_t frames = 0, windows = 0, dropped = 0, failed = 0, events = 0, damaged = 0, reconnects = 0;
  double latency_ms = 0;  // of the last result, from its newest frame's arrival
};

}  // namespace actionflow
