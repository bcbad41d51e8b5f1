// Messages that wait on disk until their receiver has them; first in, first out.
//
// What put() has returned from survives a kill and a power failure (base/files/database.h), unless the disk
// takes nothing: then it waits in memory, at most kUnsaved of it, so that a receiver that is there has it all
// the same; it is written as soon as the disk takes it. The messages together are bounded: where new ones do
// not fit, the oldest are dropped and counted. The file itself is up to a few MB larger. Beside the messages
// stand notes, small texts by name, for what a sender has to know after a restart; they change together with
// a put().
//
// One spool belongs to one run at a time: a second one is refused. What waits in it is of one format. A file
// of another kind of messages, or of a newer version of ours, is put aside whole, as FILE.KIND or FILE.KIND-2
// (FILE.other where it does not say), and a damaged one as FILE.damaged; a line says so, and the spool begins
// empty. Where a file of that name stands already, a number follows. Thread-safe. Where the disk is full from
// the beginning, it is opened later, with runs and messages numbered by the time; what else hinders opening
// throws Error.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/config/quantity.h"
#include "base/machine/clock.h"
#include "nodes/delivery/delivery.h"

namespace actionflow {

class Database;

// Whose messages they are: only the same kind of sink makes sense of them.
struct SpoolFormat {
  std::string_view kind;  // as a pipeline file names it
  int version = 1;        // of what its messages and notes say; older ones are understood
  bool topics = false;    // its messages have one: spools of before formats were noted are known by that
};

class Spool {
 public:
  static constexpr std::int64_t kUnsaved = 8'000'000;  // bytes in memory alone
  static constexpr std::int64_t kTroubleNs = 60'000'000'000;
  static constexpr double kTellEverySeconds = 600;

  // Folders on the way are made.
  Spool(std::filesystem::path file, ByteSize limit, const SpoolFormat& format);
  ~Spool();

  // By name; none: the note goes.
  using Notes = std::map<std::string, std::optional<std::string>>;
  // In one piece: a kill leaves all of it or nothing.
  void put(std::span<const Message> messages, const Notes& notes = {});
  // The oldest one, which stays.
  std::optional<Message> front();
  // It has been delivered, or is refused for good: front() gives it no more.
  void pop(const Message& message);

  std::map<std::string, std::string> notes() const;

  // The number of the last run whose messages were put here; 0 before the first, seconds since 1970
  // while that cannot be read.
  std::int64_t last_run() const;
  void begin_run(std::int64_t number);

  struct State {
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
    std::int64_t dropped = 0;  // since it was opened
    std::int64_t unsaved = 0;  // of the messages, those in memory alone
    std::string error = {};    // why they are
    bool dropping = false;     // some were dropped in the last minute
  };
  State state() const;
  const std::filesystem::path& file() const { return file_; }

 private:
  void open();
  void open_file();
  void open_table();
  void claim(const SpoolFormat& format);
  void put_aside(const std::filesystem::path& aside);
  void write();
  void give_up();
  void note_unwritten(const std::string& why);
  void save();
  bool make_room();
  void drop_unsaved();
  void note_dropped();
  std::optional<Message> front_on_disk();
  bool holds_on_disk(std::int64_t id);
  void count(const Message& message, int times);

  const std::filesystem::path file_;
  const std::int64_t limit_;
  const std::string kind_;
  const SpoolFormat format_;            // its kind is that
  mutable std::mutex mutex_;            // guards what follows
  std::unique_ptr<Database> database_;  // null: it could not be opened so far, or has failed
  State state_;
  std::int64_t last_id_ = 0;
  std::int64_t done_id_ = 0;  // those on disk up to it are delivered, whether the disk knows it or not
  std::int64_t dropped_ns_ = 0, written_ns_ = 0;
  std::deque<Message> unsaved_;  // newer than all on disk
  std::int64_t unsaved_bytes_ = 0;
  Notes unsaved_notes_;
  std::optional<std::int64_t> unsaved_run_;
  // A full disk may take one message and not the next.
  RateLimit unwritten_{kTellEverySeconds};
  bool told_ = false;  // that it cannot be written
};

}  // namespace actionflow
