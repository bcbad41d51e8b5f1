// The bound between a stream's windows and the networks below.
//
// At most in_flight() clips of a stream are below the gate at once; further ones wait here. A file's
// source holds back while clips wait (has_room). A live source never does: when newer clips come and more
// than `live_queue` wait, the oldest are dropped, leave items with the outcome Dropped in their place, and
// are counted. Clips that come together are equally new, and none of them is dropped for another: a slow
// camera's picture may complete many windows at once. What the two newest pictures brought may wait together,
// as they come close to each other now and then. Clips leave in the order of their numbers. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "nodes/flow/item.h"
#include "nodes/flow/run_context.h"
#include "nodes/flow/window_cutter.h"

namespace actionflow {

class ClipGate : public std::enable_shared_from_this<ClipGate> {
 public:
  static constexpr std::size_t kLiveQueue = 2;
  static constexpr std::size_t kFileQueue = 2;

  // `emit` hands an item to the graph and returns without running it. `room` is called when the gate
  // has room again, `dropped` when a window was dropped.
  ClipGate(StreamState& stream, std::function<int()> in_flight, std::function<void(const ClipItem&)> emit,
           std::function<void()> room, std::shared_ptr<InFlight> counter = std::make_shared<InFlight>(),
           std::size_t live_queue = kLiveQueue, std::function<void(const WindowInfo&)> dropped = {});

  // Numbers the windows, which came together, and lets them pass, or keeps them until there is room below. A
  // still one waits its turn, and passes as an item without clips.
  void put(StreamId stream, std::vector<Window> windows);
  // No window of the last one's segment follows: says so below by an item with this mark. It waits its turn,
  // and is neither bounded nor counted.
  void end_segment(StreamId stream, Mark mark);
  // Items put so far.
  std::int64_t windows() const;
  bool has_room() const;
  // Items that wait here.
  std::size_t waiting() const;

 private:
  class ClipTicket;
  void done(const ClipTicket& ticket);
  ClipItem item_of(Window& window);
  void pump(std::vector<ClipItem>& passed);
  std::size_t waiting_clips() const;
  void drop_oldest(std::vector<ClipItem>& passed);

  StreamState& stream_;
  const std::function<int()> limit_;
  const std::function<void(const ClipItem&)> emit_;
  const std::function<void()> room_;
  const std::shared_ptr<InFlight> counter_;
  const std::size_t live_queue_;
  const std::function<void(const WindowInfo&)> dropped_;
  mutable std::mutex mutex_;
  int below_ = 0;
  std::int64_t number_ = 0;
  std::size_t newest_clips_ = 0;  // that came together last
  std::optional<Window> last_;    // without its clips; none since its segment's end
  std::deque<ClipItem> queue_;
};

}  // namespace actionflow
