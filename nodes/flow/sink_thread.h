// The thread on which one sink writes, and the bounded queue before it.
//
// Writing blocks: on a disk, or on a pipe that nobody reads. So it never stands on a worker of the graph;
// there, results are only posted. While the queue is full (has_room() is false) the sources of files wait,
// and nothing of theirs is lost; of a live stream the oldest waiting task is dropped and counted, one that
// others can spare before one they cannot. What writing throws, at the end too, is reported to the run under
// the sink's name, and the run goes on; what was not written so is counted, and once writing goes well again
// a line says how much it was, once in ten minutes at most, and of the rest at the end.
//
// After the run was stopped, join() waits until RunContext::kSinksNs have passed; then the thread is left
// behind with what it holds, which it shares, and what was not written counts as dropped. All members may be
// called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "nodes/flow/run_context.h"

namespace actionflow {

class SinkThread {
 public:
  static constexpr std::size_t kCapacity = 64;
  // Of pictures that wait, where tasks say what they hold.
  static constexpr std::int64_t kMostBytes = 256'000'000;
  static constexpr std::int64_t kTroubleNs = 60'000'000'000;
  using Task = std::function<void()>;

  // `finish` runs last, after close(). Tasks own what they use.
  SinkThread(std::string name, std::shared_ptr<RunContext> run, Task finish,
             std::size_t capacity = kCapacity);
  ~SinkThread();
  SinkThread(const SinkThread&) = delete;
  SinkThread& operator=(const SinkThread&) = delete;

  // What becomes of a task where there is no room for all. never: of a file, whose source waits; seldom: a
  // result, only where no task may go that is posted as `early`, a part of a video.
  enum class Loss { never, seldom, early };
  // What it means that a task went well: that something was written, or nothing of that kind, as of one that
  // may have had nothing to write.
  enum class Success { writes, proves_nothing };
  // `bytes`: what the task holds until it has run. Beyond kMostBytes, too, there is no room.
  void post(Loss loss, Task task, std::int64_t bytes = 0, Success success = Success::writes);
  bool has_room() const;
  // Called when a full queue has room again, until join() returns. Before the first post().
  void on_room(std::function<void()> room);
  // Called by join() where the thread is left behind. Before the first post().
  void on_left_behind(std::function<void()> clear_up);

  // Nothing more is posted.
  void close();
  void join();

  std::int64_t dropped() const;
  std::int64_t dropped(Loss loss) const;
  // Tasks that threw.
  std::int64_t failed() const;
  // What was lost in the last minute; what is still not written counts for longer.
  std::optional<Trouble> trouble() const;
  // Results that wait to be written.
  std::size_t waiting() const;
  std::size_t capacity() const;

 private:
  struct State;
  static void run_tasks(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace actionflow
