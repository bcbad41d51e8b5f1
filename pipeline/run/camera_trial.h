// Cameras simulated from recorded files, to find out how many of them a machine holds.
#pragma once

#include <cstdint>
#include <functional>

#include "datasets/video/readers/reader.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// How a pipeline fared with so many cameras, once all of them gave pictures.
struct CameraTrial {
  int cameras = 0;
  double seconds = 0;  // for which it was looked at
  std::int64_t windows = 0, dropped = 0, failed = 0;
  double p50_ms = 0, p99_ms = 0, p999_ms = 0;  // from a picture's arrival to the result
  double processor_share = 0;                  // of all processors that the process may use
  double others_share = 0;                     // of the machine's, what other programs had of them

  // Nothing was lost, and 99 of 100 results came within `limit_ms`.
  bool held(double limit_ms) const {
    return windows > 0 && dropped == 0 && failed == 0 && p99_ms <= limit_ms;
  }
};

// Runs the graph of `description` over `cameras` streams that play its files in turn, over and over at their
// own speed; they begin one after the other in two seconds, as cameras' keyframes lie. A picture arrives when
// it is due, in the order of decoding, however late the machine comes to it, and B-frames when those of them
// have come that their video has a decoder wait for. Blocks. `stop` ends it early. Throws UsageError where a
// stream is no recorded file, or the graph is for certain streams.
CameraTrial try_cameras(const PipelineDescription& description, int cameras, double seconds,
                        const StopFlag& stop);

// The shortest time from one of the graph's windows to the next.
double shortest_hop_ms(const PipelineDescription& description);

// The greatest number of 1 to `most` that holds, where all below it do: by doubling, then bisecting; 0 where
// none does.
int greatest_that_holds(int most, const std::function<bool(int)>& holds);

}  // namespace actionflow
