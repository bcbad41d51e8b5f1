// What is sent to a receiver outside, and how: the part in which a broker differs from a web server.
//
// Messages wait in a Spool until a Courier, on a thread of its own, has handed them over by a Delivery.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace actionflow {

struct Message {
  std::string topic;  // empty where the receiver has none
  std::string payload;
  bool retain = false;   // the receiver keeps the newest of the topic
  std::int64_t id = 0;   // in its spool; greater is newer
  std::string key = {};  // those of one key stay in order where the receiver has several queues; may be empty
};

// A connection to one receiver, made when it is needed. All calls come from the courier's thread.
class Delivery {
 public:
  virtual ~Delivery() = default;

  // Returns when the receiver has it: true, or false where it refuses this message for good. Throws Error
  // where it cannot be reached or does not answer in time; the same message comes again then, so a receiver
  // may get it twice.
  virtual bool deliver(const Message& message) = 0;

  // Nothing is to be sent: keeps a connection alive, until `wake` can be read or the time is over. Throws as
  // deliver() does.
  virtual void idle(int wake, std::chrono::milliseconds most) {
    pollfd ready{wake, POLLIN, 0};
    poll(&ready, 1, static_cast<int>(most.count()));
  }

  // The last call: says farewell where there is a connection.
  virtual void close() {}
};

}  // namespace actionflow
