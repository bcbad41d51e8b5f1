// A stream's source while the graph runs: a thread that reads packets and hands them in.
//
// It is a thread of its own because reading blocks. A file waits while the graph is busy; one that is played
// at its own speed waits only for its own decoder. What comes by itself is always read, so that nothing grows
// old on its way here: while kPushedPackets wait for the decoder, further ones are left out and counted, and
// so are those behind them up to a keyframe; clips are recorded of them all the same. What the thread touches
// it owns together with the pipeline, so one that hangs in a system call can be left behind.
//
// A stream whose clips are recorded from another address has a second source for that. It comes and goes with
// the first, and what becomes of it is logged and no more.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/machine/clock.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"
#include "nodes/flow/stream_lane.h"
#include "pipeline/run/absence.h"
#include "pipeline/run/lease.h"
#include "pipeline/run/reconnects.h"

namespace actionflow {

// What the pipeline and the thread share. Thread-safe.
class StreamSource : public std::enable_shared_from_this<StreamSource> {
 public:
  // The lane is used until the source is closed; `ended` is called once, when nothing more comes. Where there
  // is a lease, the source ends when it does.
  StreamSource(StreamLane& lane, SourceOptions options, std::shared_ptr<RunContext> run,
               std::shared_ptr<const Lease> lease, std::function<void()> ended);
  // The one from which the stream's clips are recorded; null where that is the stream's own.
  static std::shared_ptr<StreamSource> for_recording(StreamLane& lane, const SourceOptions& options,
                                                     std::shared_ptr<RunContext> run,
                                                     std::shared_ptr<const Lease> lease);

  // Starts the thread, which is never joined.
  void start();
  // Ends reading; the thread closes the stream within a fraction of a second, unless it hangs.
  void stop();
  // Ends the stream in the thread's place, if it has not done so. After that the thread touches neither
  // the graph nor the pipeline, and `ended` is neither running nor called.
  void close();
  // The graph has room again.
  void wake();

  StreamId id() const { return id_; }
  const std::string& name() const { return state_->name; }
  // Nothing more comes.
  bool ended() const;
  // Packets that were left out, as too many waited for the decoder.
  std::int64_t left_out() const { return left_out_; }

  // Each may become a picture that waits.
  static constexpr int kPushedPackets = 16;

 private:
  class PacketTicket;

  void run_thread();
  bool read_connection(Failure& failure);
  void read_packets(Reader& reader);
  bool wait_and_retry(const Failure& failure);
  void note_recovery();
  void put(Mark mark, PacketMessage message, bool decoded = true);
  bool wait_for_room();
  bool leaves_out(const Packet& packet);
  // Tells meanwhile how long the source has been away, and `why`.
  void wait_until(const Deadline& next_attempt, const std::string& why);
  void tell_absence(const std::string& why);
  void finish(Mark mark);
  void tell(ConnectionState state, const std::string& error = {});
  void fail(const Failure& failure);
  void end_recording();
  bool retries() const;
  bool lost_lease();

  const StreamId id_;
  const SourceOptions options_;
  bool records_ = false;                      // only
  const std::shared_ptr<RunContext> run_;     // outlives the pipeline where the thread hangs
  const std::shared_ptr<const Lease> lease_;  // may be null
  std::shared_ptr<StreamState> state_;        // the stream's; its own where it records only
  const std::shared_ptr<InFlight> counter_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  StreamLane* lane_;  // null once closed; guarded by mutex_
  std::function<void()> ended_;
  int in_flight_ = 0;  // packets in the graph
  std::atomic<std::int64_t> left_out_{0};
  std::int64_t number_ = 0;  // of the next item

  std::shared_ptr<StreamSource> recording_;  // guarded by mutex_

  // The thread's own.
  bool was_open_ = false;
  bool refused_ = false;       // by a setting, which does not mend itself
  bool pushed_ = false;        // comes by itself
  int without_keyframe_ = 0;   // packets left out though there was room; 0 while none is left out
  bool leaving_out_ = false;   // up to the next keyframe
  bool down_ = false;          // lost, or not there yet
  bool loss_told_ = false;     // a line said so
  bool gave_packets_ = false;  // since it was last down
  Reconnects reconnects_;
  Absence absence_;
};

}  // namespace actionflow
