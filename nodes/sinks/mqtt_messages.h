// What is said over MQTT of actions, in the shape of Frigate's topics:
//
//   TOPIC/events           JSON: {"type": "new" | "update" | "end", "before": {…}, "after": {…}}
//   TOPIC/STREAM/LABEL     how many such actions are under way, retained
//   TOPIC/streams/STREAM/available       "online" while it gives pictures, else "offline", retained
//   DISCOVERY/binary_sensor/…/config     Home Assistant's description of a sensor for each of those, retained
//
// `before` and `after` hold id, camera, label, score, top_score, start_time and end_time (seconds since 1970,
// of live streams; null while unknown), start and end (seconds since the stream's first frame), frame_time
// (of the newest sample), model (the node that found it) and, of live streams, latency_ms. Names that a topic
// cannot hold are rewritten, different ones differently.
//
// Actions that are under way are kept as the spool's notes, so that a run that follows one that was killed
// says that they ended. One thread; announcement() from any.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "nodes/delivery/spool.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

class MqttMessages {
 public:
  // `discovery`: Home Assistant's prefix; empty: none.
  MqttMessages(std::string topic, std::string discovery)
      : topic_(std::move(topic)), discovery_(std::move(discovery)) {}

  // To be put into the spool together.
  struct Change {
    std::vector<Message> messages;
    Spool::Notes notes;
  };
  // `now_ns`: UTC.
  Change event(const EventResult& result, std::int64_t now_ns);
  // Ends what a killed run left under way; its `after` has "interrupted": true.
  static std::vector<Message> interrupted(const std::string& topic,
                                          const std::map<std::string, std::string>& notes);
  // What is to stand there of a stream from the beginning: its sensors, none of them on.
  std::vector<Message> announcement(const std::string& stream, const std::vector<std::string>& labels) const;
  // Whether it gives pictures.
  Message availability(const std::string& stream, bool online) const;

 private:
  struct Open {
    std::string stream, label;
    float top_score = 0;
    std::string state;  // JSON, as it was last told
  };
  Message count(const std::string& stream, const std::string& label) const;

  const std::string topic_, discovery_;
  std::map<std::string, Open> open_;                           // by event id
  std::map<std::pair<std::string, std::string>, int> counts_;  // by stream and label
};

// A level of a topic: what may not stand in one is replaced, and a checksum added.
std::string topic_level(const std::string& name);

}  // namespace actionflow
