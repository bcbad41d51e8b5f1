// Messages that wait on disk until their receiver has them; first in, first out.
//
// What put() has returned from survives a kill and a power failure (base/files/database.h). The messages
// together are bounded: where new ones do not fit, the oldest are dropped and counted. The file itself is up
// to a few MB larger. Beside the messages stand notes, small texts by name, for what a sender has to know
// after a restart; they change together with a put().
//
// One spool belongs to one run at a time: a second one is refused. A damaged file is put aside as
// FILE.damaged, and said so; the spool begins empty. Thread-safe. Throws Error where the disk fails.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/config/quantity.h"
#include "nodes/delivery/delivery.h"

namespace actionflow {

class Database;

class Spool {
 public:
  // Folders on the way are made.
  Spool(std::filesystem::path file, ByteSize limit);
  ~Spool();

  // By name; none: the note goes.
  using Notes = std::map<std::string, std::optional<std::string>>;
  // All of it or, where it throws, nothing.
  void put(std::span<const Message> messages, const Notes& notes = {});
  // The oldest one, which stays.
  std::optional<Message> front() const;
  // It has been delivered, or is refused for good.
  void pop(const Message& message);

  std::map<std::string, std::string> notes() const;

  // The number of the last run whose messages were put here; 0 before the first.
  std::int64_t last_run() const;
  void begin_run(std::int64_t number);

  struct State {
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
    std::int64_t dropped = 0;  // since it was opened
  };
  State state() const;
  const std::filesystem::path& file() const { return file_; }

 private:
  void open();
  void make_room(std::int64_t bytes);

  const std::filesystem::path file_;
  const std::int64_t limit_;
  mutable std::mutex mutex_;  // guards what follows
  std::unique_ptr<Database> database_;
  State state_;
};

}  // namespace actionflow
