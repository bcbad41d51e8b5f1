// What is kept of one stream's events: their rows, and of each a clip and a picture.
//
// A clip goes from the key frame at or before `before` seconds ahead of the event's start, as far as it is
// held (PacketRing), to `after` seconds behind its end, and no longer than `longest`; packets are copied,
// nothing is encoded. The connection's end ends it. The picture is one of when the event was told, and once
// it is over, where that is still held, one of its middle. Of a codec that no container takes there are
// pictures only, told once.
//
// Where a clip's packets come from another connection, moments are found in it by the time of day: by when
// each picture was taken, where its sender says so, else by when it came.
//
// What is held in memory of a stream is at most kHeldBytes of packets, and of `before` + kHeldSeconds and one
// stretch between key frames. Belongs to one thread.
#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/machine/clock.h"
#include "datasets/video/writing/packet_ring.h"
#include "datasets/video/writing/packet_writer.h"
#include "nodes/events/time_of_day.h"
#include "nodes/flow/item.h"
#include "nodes/store/event_store.h"

namespace actionflow {

struct RecordOptions {
  bool apart = false;  // packets come from another connection than the pictures in which events were found
  bool record = true;  // else rows only
  double before = 2;   // seconds
  double after = 2;
  double longest = 300;
};

class EventRecorder {
 public:
  static constexpr double kHeldSeconds = 10;
  // Of an event that is not over, packets are written so late: by then it would have been told.
  static constexpr double kLateSeconds = 5;
  static constexpr std::size_t kHeldBytes = std::size_t{32} << 20;

  // `clock` tells when packets came.
  EventRecorder(std::shared_ptr<EventStore> store, std::string stream, const RecordOptions& options,
                const Clock& clock = Clock::system());

  // In the order of the stream; the item's ticket is not kept.
  void take(const PacketItem& item);
  void take(const Events& events);
  // Nothing more comes.
  void finish();

 private:
  struct Clip {
    std::unique_ptr<PacketWriter> writer;
    std::string suffix;
    double start = 0;          // the event's seconds at its first picture
    std::int64_t next = 0;     // of the ring's packets, to be written
    std::int64_t stop_us = 0;  // presentation time after which nothing belongs to it
  };
  struct Recorded {
    std::int64_t number = 0;
    bool over = false;
    std::optional<Clip> clip;
  };

  void take(const EventResult& event);
  // Between the event's time line and the time stamps of what is held.
  std::int64_t pts_of(const EventResult& event, double seconds) const;
  double seconds_of(const EventResult& event, std::int64_t pts_us) const;
  void begin(Recorded& recorded, const EventResult& event);
  void begin_clip(Recorded& recorded, const EventResult& event);
  void take_picture(std::int64_t number, std::int64_t pts_us);
  void write_clips();
  bool write_clip(Recorded& recorded, bool all);
  bool is_ripe(std::int64_t number) const;
  bool holds(const EventResult& event) const;
  bool finish_clip(Recorded& recorded);
  void finish_clips(bool all);
  template <class Work>
  void guard(Work&& work);
  void rethrow();

  const std::shared_ptr<EventStore> store_;
  const std::string stream_;
  const RecordOptions options_;
  PacketRing ring_;
  TimeOfDay time_of_day_;                    // of the connection's time stamps, where packets come apart
  bool connection_over_ = false;             // its last events may still come
  std::optional<std::int64_t> last_number_;  // of the stream's items
  std::map<std::string, Recorded>
      recorded_;  // by the event's id; those that are open, or have a clip under way
  bool refusal_told_ = false;
  std::exception_ptr failure_;  // the first of a call: the rest of it is done before it is thrown
};

}  // namespace actionflow
