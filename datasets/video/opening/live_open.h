// Opening a live source under a deadline that holds even where a system call does not return.
//
// FFmpeg asks its interrupt callback while it waits on sockets, but not during a name look-up, of
// which a redirect may cause further ones. So the whole opening runs in a thread of its own. When it
// does not answer in time the thread is abandoned: it owns all that it touches, ends once its system
// call returns, and frees it.
#pragma once

#include <memory>

#include "datasets/video/opening/open_input.h"

namespace actionflow {

// Throws SourceError: "stopped" within 100 ms of `stop`, "no answer" 10.25 s after the last byte, "no whole
// picture" 60.25 s after the begin, or whatever
// the opening itself throws. The result's deadline watches nothing yet. `clock` must outlive the input.
std::shared_ptr<Input> open_live(const SourceOptions& options, SourceKind kind, const StopFlag& stop,
                                 const Clock& clock);

}  // namespace actionflow
