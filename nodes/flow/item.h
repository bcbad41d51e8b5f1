// What runs through the flow graph.
//
// Every node answers every item exactly once: with a value, a failure, or dropped. That is what keeps
// ordering and joining nodes from waiting for ever. An item's key is (stream, segment, number):
//   packets, frames  `number` counts a stream's packets; there is one frames item for each packet item.
//   clips and below  `number` counts the windows that one window node cuts from a stream, without a gap,
//                    from 0, whatever the segment. Where a segment ends for good, an item without a
//                    window, dropped and with its mark, stands in this order, too.
// Items are values: copying one shares its clip, its activations and its ticket.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/outcome.h"
#include "base/tensor/tensor.h"
#include "datasets/pictures/prepare.h"
#include "datasets/video/frame.h"
#include "datasets/video/packet.h"
#include "models/weights/calibration.h"
#include "nodes/flow/in_flight.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

using StreamId = int;  // index in the pipeline's list of streams

// What an item says of its stream beside its content. A mark travels on whatever
// becomes of the item's outcome.
enum class Mark {
  none,
  begin,    // a connection was opened; the packets after it are of this one
  lost,     // the connection was lost: what follows is a new segment
  end,      // the source ended by itself
  stopped,  // the source was ended before its own end, or failed
};

// The stretch of a stream that a window covers, in seconds since the stream's first frame.
struct WindowInfo {
  double start = 0;               // time of the first sample
  double end = 0;                 // time of the last sample plus one sampling interval
  bool padded = false;            // a short file's last sample was repeated
  std::int64_t arrival_ns = 0;    // of the newest frame, steady clock
  std::int64_t taken_ns = 0;      // of the newest sample, UTC as its sender says; 0: it does not
  std::int64_t first_sample = 0;  // index of the first sample on its segment's grid
  std::int64_t zero_pts_us = 0;   // what the container's time stamps of this segment are at second 0
};

// Accompanies an item from where it enters the graph until the last copy of it is gone, and then, in
// its destructor, says so to whoever counts or holds back further items. Until then its stream stays
// attached. Thread-safe.
class Ticket {
 public:
  explicit Ticket(WindowInfo window = {}) : window_(window) {}
  explicit Ticket(std::shared_ptr<InFlight> stream, WindowInfo window = {})
      : hold_(std::move(stream)), window_(window) {}
  virtual ~Ticket() = default;
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  const WindowInfo& window() const { return window_; }
  void mark_failed() { failed_.store(true, std::memory_order_relaxed); }
  // `stopping`: the time for finishing what was in flight when the run was stopped is over; else newer
  // windows came while it waited.
  void mark_dropped(bool stopping = false) {
    if (stopping) stopping_.store(true, std::memory_order_relaxed);
    dropped_.store(true, std::memory_order_relaxed);
  }
  // Nothing moves in its window, and no network is asked about it.
  void mark_still() { still_.store(true, std::memory_order_relaxed); }
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  bool dropped() const { return dropped_.load(std::memory_order_relaxed); }
  bool dropped_by_stop() const { return stopping_.load(std::memory_order_relaxed); }
  bool still() const { return still_.load(std::memory_order_relaxed); }

 private:
  const InFlight::Hold hold_;
  WindowInfo window_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> dropped_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> still_{false};
};

struct ItemKey {
  StreamId stream = 0;
  std::int64_t segment = 0;
  std::int64_t number = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a 0 in the <=> written for this
  auto operator<=>(const ItemKey&) const = default;
};

template <class T>
struct Item {
  ItemKey key;
  Mark mark = Mark::none;
  std::shared_ptr<Ticket> ticket;
  Outcome<T> outcome;
};

// A compressed packet, or what stands in its place with a mark.
struct PacketMessage {
  Packet packet;                                      // empty beside a mark
  std::shared_ptr<const CodecParameters> parameters;  // with Mark::begin
};

using Frames = std::vector<Frame>;
// One clip for each input form below the window node.
using Clips = std::shared_ptr<const std::vector<Clip>>;
using PartResult = std::shared_ptr<const Tensor>;
// Of networks that end in action scores, at a clip's last sample.
struct Activity {
  float action = 0;   // probability that an action is under way
  float elapsed = 0;  // seconds since it began
};
// Probabilities, one a class, and the classes: after an exchange of weights they may be others. `none`: of no
// class, as the calibration that is kept with the weights says; `events`: when they count as an action, as it
// says, or null.
using ClassList = std::shared_ptr<const std::vector<std::string>>;
struct ClassScores {
  std::vector<float> values;
  ClassList classes;
  std::optional<Activity> activity = {};  // then `values` say which class, if an action is under way
  bool none = false;
  std::shared_ptr<const EventCalibration> events = {};
};
using Scores = std::shared_ptr<const ClassScores>;

// What has become of actions by a window; mostly nothing.
using Events = std::shared_ptr<const std::vector<EventResult>>;

using PacketItem = Item<PacketMessage>;
using FramesItem = Item<Frames>;
using ClipItem = Item<Clips>;
using PartItem = Item<PartResult>;
using ScoresItem = Item<Scores>;
using EventsItem = Item<Events>;

}  // namespace actionflow
