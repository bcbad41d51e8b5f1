// The events of a state folder, a row each, in SQLite: nodes/store/event_store.h has the folder around it.
//
// A row stands there from when its event begins. Times of the day are nanoseconds since 1970, UTC. One object
// is one connection, for one thread at a time; several, in several processes too, may be open on one file.
// Throws Error (exit code 5), ModelError where the file holds no such table or one of a newer version.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/database.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

enum class EventState { open, ended, interrupted };
std::string_view to_string(EventState state);

struct StoredEvent {
  std::int64_t number = 0;  // rises from event to event, never used again
  std::string id;
  std::string stream, node, label;
  double score = 0;                              // a probability
  double start = 0, end = 0;                     // seconds since the stream's first frame; while open: so far
  std::int64_t time_ns = 0;                      // when it started; of a recording, when that was found
  std::optional<std::int64_t> start_ns, end_ns;  // of live streams; the end once it is known
  EventState state = EventState::open;           // interrupted: the program ended before the event did
  std::string clip, picture;                     // files in the folder; empty: none
  double clip_start = 0;                         // what `start` is counted from at the clip's first picture
  std::int64_t bytes = 0;                        // of both
  std::optional<std::string> corrected;          // what a person says it is; empty: none of the classes
};

struct EventQuery {
  std::optional<std::int64_t> number = {};
  std::optional<std::string> stream = {},
                             label = {};  // the label that a person gave goes before the network's
  std::optional<std::int64_t> since_ns = {}, until_ns = {};  // of time_ns, the first included
  std::optional<std::int64_t> before = {};  // of those, rows before this number, in the order of time
  std::optional<std::int64_t> limit = {};   // the newest so many
  bool corrected_only = false;
};

// What happened of one class in a stretch of a stream's time.
struct TimelineBar {
  std::string stream;
  std::string label;                      // a person's word goes before the network's
  std::int64_t start_ns = 0, end_ns = 0;  // of the first and the last of them
  std::int64_t events = 0;
  std::int64_t number = 0;  // of the newest one
};

struct Timeline {
  std::int64_t since_ns = 0, until_ns = 0;
  std::vector<TimelineBar> bars;  // by stream, in the order of time
};

class EventTable {
 public:
  // Makes the table where there is none.
  explicit EventTable(const std::filesystem::path& file,
                      Database::Sharing sharing = Database::Sharing::shared);

  // Ids of rows are one run's; `run` is its number.
  std::int64_t insert(const EventResult& event, std::int64_t run, std::int64_t now_ns);
  // A further change of the event; ended where it is over.
  void update(std::int64_t number, const EventResult& event);
  void interrupt(std::int64_t number);
  // What is open of a run before this one. Returns how many.
  std::int64_t interrupt_all();
  // False where there is no such event any more.
  bool set_clip(std::int64_t number, const std::string& file, double start, std::int64_t bytes);
  bool set_picture(std::int64_t number, const std::string& file, std::int64_t bytes);
  // nullopt takes a person's word back.
  bool correct(std::int64_t number, const std::optional<std::string>& label);

  // Whether a person has said so of any event.
  bool has_correction(const std::string& label);

  // In the order of time.
  std::vector<StoredEvent> find(const EventQuery& query);
  // All events of `query`, as no more than `parts` bars a stream and class, from since_ns or else the first
  // event until until_ns or else `now_ns`. The query's number, before and limit do not count.
  Timeline timeline(const EventQuery& query, int parts, std::int64_t now_ns);
  // Times of events behind this number that lie between these, by so much.
  void move_times(std::int64_t behind, std::int64_t first_ns, std::int64_t last_ns, std::int64_t by_ns);
  std::int64_t last_number();
  std::optional<std::int64_t> newest_ns();
  std::int64_t last_run();
  void note_run(std::int64_t run);

  // The oldest that may go: neither open nor with a person's word. Those before `before_ns` only, where
  // given.
  std::vector<StoredEvent> oldest(std::int64_t most, std::optional<std::int64_t> before_ns = {});
  void remove(const std::vector<StoredEvent>& events);
  // Of all files of events that may go, and of the table itself.
  std::int64_t bytes_used();

 private:
  void prepare_schema(const std::filesystem::path& file);
  std::vector<StoredEvent> rows(Database::Statement& statement);

  Database database_;
};

}  // namespace actionflow
