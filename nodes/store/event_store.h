// A state folder: events that are kept from run to run, with their clips and pictures.
//
//   FOLDER/events.sqlite   a row an event (event_table.h)
//   FOLDER/clips/12.mp4    event 12, and 12.jpg beside it
//   FOLDER/labelled.txt    what people corrected, as lists to train on (labelled_clips.h)
//
// A file stands there whole before its row names it, and a row is gone before its files are. So after a kill
// nothing is half-written: what was open is closed at the next start and marked interrupted, and files that
// no row names are removed. Beyond `keep` seconds and `limit` bytes the oldest events go, with their files;
// those that a person corrected stay, and do not count.
//
// The machine's clock may be set while we run, as where it has no battery: what was added before by it then
// gets the right times. For an hour after that, and at a start by whose clock all would be too old, nothing
// goes for its age. Sleep of the machine is no setting.
//
// On a disk that is full from the beginning the table is opened later: until then all that writes throws
// FailingDisk, at most one try a second, and runs are numbered by the time. Files of events that would go
// beyond the limit make room first. One process writes to a folder. Thread-safe; throws Error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/files/file_lock.h"
#include "base/machine/boot_clock.h"
#include "base/machine/clock.h"
#include "nodes/store/event_table.h"

namespace actionflow {

struct StoreLimits {
  double keep_seconds = 0;       // 0: for ever
  std::int64_t limit_bytes = 0;  // 0: without a limit
};

// Ends the names of clips that are not whole yet.
constexpr const char* kUnfinished = ".part";

// In a state folder.
std::filesystem::path event_file(const std::filesystem::path& folder);

class EventStore {
 public:
  // Makes the folder. Throws UsageError where another process writes to it.
  EventStore(std::filesystem::path folder, StoreLimits limits, const Clock& clock = boot_clock());
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  // The least number that no run here had.
  std::int64_t next_run();
  // Of the run whose events follow.
  void begin_run(std::int64_t run);

  // Returns its number. An event that was never said to begin is added with its end.
  std::int64_t add(const EventResult& event);
  void update(std::int64_t number, const EventResult& event);
  void interrupt(std::int64_t number);
  // Where a file of an event is written: "FOLDER/clips/12.mp4". Whoever writes it has it there whole, then
  // says so.
  std::filesystem::path file_of(std::int64_t number, const std::string& suffix) const;
  // `start`: what the event's seconds are at the clip's first picture.
  void add_clip(std::int64_t number, const std::string& suffix, double start);
  void add_picture(std::int64_t number, const std::string& suffix);

  // Removes what is too old or too much. By itself once a minute, when something is added.
  void tidy();
  void tidy_if_due();

 private:
  EventTable& table();
  void open();
  void open_table();
  void make_room();
  void remove_files(const StoredEvent& event);
  void remove_strangers();
  void remove(const std::vector<StoredEvent>& events);
  void tidy_locked();
  void follow_clock();
  std::int64_t too_old_ns() const;
  std::string name_of(std::int64_t number, const std::string& suffix) const;

  const std::filesystem::path folder_;
  const StoreLimits limits_;
  const Clock& clock_;
  std::optional<FileLock> lock_;
  std::mutex mutex_;                   // guards what follows
  std::unique_ptr<EventTable> table_;  // null: the disk was full so far
  std::int64_t next_open_ns_ = 0;      // steady
  std::string closed_why_;
  std::int64_t run_ = 0;
  std::int64_t next_tidy_ns_ = 0;
  std::int64_t wall_zero_ns_ = 0;  // of the steady clock, UTC, when that was last looked at
  std::int64_t begin_ns_ = 0;      // steady
  std::int64_t no_age_until_ns_;   // steady
  std::int64_t last_before_ = 0;   // the newest event of earlier runs
};

}  // namespace actionflow
