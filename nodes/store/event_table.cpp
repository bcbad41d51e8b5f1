#include "nodes/store/event_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace actionflow {

namespace {

constexpr int kVersion = 1;
constexpr double kNsPerSecond = 1e9;
constexpr std::array<std::string_view, 3> kStates{"open", "ended", "interrupted"};

constexpr const char* kSchema = R"SQL(
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  stream TEXT NOT NULL,
  node TEXT NOT NULL,
  label TEXT NOT NULL,
  score REAL NOT NULL,
  start REAL NOT NULL,
  end REAL NOT NULL,
  time_ns INTEGER NOT NULL,
  start_ns INTEGER,
  end_ns INTEGER,
  state INTEGER NOT NULL,
  clip TEXT NOT NULL DEFAULT '',
  picture TEXT NOT NULL DEFAULT '',
  clip_start REAL NOT NULL DEFAULT 0,
  clip_bytes INTEGER NOT NULL DEFAULT 0,
  picture_bytes INTEGER NOT NULL DEFAULT 0,
  corrected TEXT);
CREATE INDEX events_by_time ON events (time_ns, number);
CREATE INDEX events_by_stream ON events (stream, time_ns, number);
CREATE TABLE runs (number INTEGER NOT NULL);
INSERT INTO runs VALUES (0);
PRAGMA user_version = 1;
)SQL";

constexpr const char* kColumns =
    "SELECT number, id, stream, node, label, score, start, end, time_ns, start_ns, end_ns, state, clip, "
    "picture, clip_start, clip_bytes + picture_bytes, corrected FROM events ";

// It ended no earlier than it was last heard of.
const std::string kInterrupt =
    "UPDATE events SET state = 2, end_ns = start_ns + CAST(round((end - start) * 1e9) AS INTEGER) "
    "WHERE state = 0 ";

std::int64_t wall_ns(std::int64_t zero_ns, double seconds) {
  return zero_ns + std::llround(seconds * kNsPerSecond);
}

std::optional<std::int64_t> wall_at(const EventResult& event, double seconds) {
  if (!event.zero_ns) return std::nullopt;
  return wall_ns(*event.zero_ns, seconds);
}

std::optional<std::int64_t> end_of(const EventResult& event) {
  return event.over() ? wall_at(event, event.change.end) : std::nullopt;
}

std::int64_t state_of(const EventResult& event) {
  return static_cast<std::int64_t>(event.over() ? EventState::ended : EventState::open);
}

}  // namespace

std::string_view to_string(EventState state) { return kStates[static_cast<std::size_t>(state)]; }

EventTable::EventTable(const std::filesystem::path& file, Database::Sharing sharing)
    : database_(file, sharing) {
  prepare_schema(file);
}

void EventTable::prepare_schema(const std::filesystem::path& file) {
  Database::Transaction transaction(database_);
  auto query = database_.prepare("PRAGMA user_version");
  const std::int64_t version = query.run() ? query.integer(0) : 0;
  query.reset();
  if (version > kVersion)
    throw ModelError(file.string() + ": written by a newer actionflow (version " + std::to_string(version) +
                     " of its table), expected that program or another folder");
  if (version == 0) database_.run(kSchema);
  transaction.commit();
}

std::int64_t EventTable::insert(const EventResult& event, std::int64_t run, std::int64_t now_ns) {
  const EventChange& change = event.change;
  const std::optional<std::int64_t> start = wall_at(event, change.start);
  database_
      .prepare(
          "INSERT INTO events (run, id, stream, node, label, score, start, end, time_ns, start_ns, "
          "end_ns, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(run, event.id, event.stream, event.node, event.label, static_cast<double>(change.score),
           change.start, std::max(change.end, change.start), start.value_or(now_ns), start, end_of(event),
           state_of(event));
  return database_.last_insert_id();
}

void EventTable::update(std::int64_t number, const EventResult& event) {
  const EventChange& change = event.change;
  database_
      .prepare(
          "UPDATE events SET label = ?, score = ?, start = ?, end = ?, start_ns = ?, "
          "time_ns = coalesce(?, time_ns), end_ns = ?, state = ? WHERE number = ?")
      .run(event.label, static_cast<double>(change.score), change.start, std::max(change.end, change.start),
           wall_at(event, change.start), wall_at(event, change.start), end_of(event), state_of(event),
           number);
}

void EventTable::interrupt(std::int64_t number) {
  database_.prepare(kInterrupt + "AND number = ?").run(number);
}

std::int64_t EventTable::interrupt_all() {
  database_.run(kInterrupt);
  return database_.changes();
}

bool EventTable::set_clip(std::int64_t number, const std::string& file, double start, std::int64_t bytes) {
  database_.prepare("UPDATE events SET clip = ?, clip_start = ?, clip_bytes = ? WHERE number = ?")
      .run(file, start, bytes, number);
  return database_.changes() > 0;
}

bool EventTable::set_picture(std::int64_t number, const std::string& file, std::int64_t bytes) {
  database_.prepare("UPDATE events SET picture = ?, picture_bytes = ? WHERE number = ?")
      .run(file, bytes, number);
  return database_.changes() > 0;
}

bool EventTable::correct(std::int64_t number, const std::optional<std::string>& label) {
  database_.prepare("UPDATE events SET corrected = ? WHERE number = ?").run(label, number);
  return database_.changes() > 0;
}

std::vector<StoredEvent> EventTable::rows(Database::Statement& row) {
  const auto integer = [&](int column) {
    return row.null(column) ? std::nullopt : std::optional(row.integer(column));
  };
  std::vector<StoredEvent> list;
  do {
    StoredEvent& event = list.emplace_back();
    event.number = row.integer(0);
    event.id = row.text(1);
    event.stream = row.text(2);
    event.node = row.text(3);
    event.label = row.text(4);
    event.score = row.number(5);
    event.start = row.number(6);
    event.end = row.number(7);
    event.time_ns = row.integer(8);
    event.start_ns = integer(9);
    event.end_ns = integer(10);
    event.state = static_cast<EventState>(row.integer(11));
    event.clip = row.text(12);
    event.picture = row.text(13);
    event.clip_start = row.number(14);
    event.bytes = row.integer(15);
    if (!row.null(16)) event.corrected = row.text(16);
  } while (row.step());
  return list;
}

std::vector<StoredEvent> EventTable::find(const EventQuery& query) {
  // A condition without a value holds for all rows.
  auto statement = database_.prepare(
      std::string(kColumns) +
      "WHERE (?1 IS NULL OR number = ?1) AND (?2 IS NULL OR stream = ?2) "
      "AND (?3 IS NULL OR coalesce(corrected, label) = ?3) AND (?4 IS NULL OR time_ns >= ?4) "
      "AND (?5 IS NULL OR time_ns < ?5) AND (?6 IS NULL OR (time_ns, number) < "
      "(SELECT time_ns, number FROM events WHERE number = ?6)) AND (NOT ?7 OR corrected IS NOT NULL) "
      "ORDER BY time_ns DESC, number DESC LIMIT ?8");
  const bool any = statement.run(query.number, query.stream, query.label, query.since_ns, query.until_ns,
                                 query.before, query.corrected_only, query.limit.value_or(-1));
  std::vector<StoredEvent> list = any ? rows(statement) : std::vector<StoredEvent>();
  std::reverse(list.begin(), list.end());
  return list;
}

Timeline EventTable::timeline(const EventQuery& query, int parts, std::int64_t now_ns) {
  const std::string asked =
      "WHERE (?1 IS NULL OR stream = ?1) AND (?2 IS NULL OR coalesce(corrected, label) = ?2) "
      "AND (?3 IS NULL OR time_ns >= ?3) AND (?4 IS NULL OR time_ns < ?4) ";
  auto stretch = database_.prepare("SELECT min(time_ns), max(time_ns) FROM events " + asked);
  stretch.run(query.stream, query.label, query.since_ns, query.until_ns);
  Timeline timeline;
  timeline.since_ns = query.since_ns.value_or(stretch.null(0) ? now_ns : stretch.integer(0));
  timeline.until_ns =
      query.until_ns.value_or(std::max(now_ns, stretch.null(1) ? now_ns : stretch.integer(1) + 1));
  if (stretch.null(0)) return timeline;
  const std::int64_t whole_ns = std::max<std::int64_t>(1, timeline.until_ns - timeline.since_ns);
  const std::int64_t part_ns = whole_ns / parts + (whole_ns % parts == 0 ? 0 : 1);
  auto row = database_.prepare(
      "SELECT stream, (time_ns - ?5) / ?6 AS part, coalesce(corrected, label) AS named, min(time_ns), "
      "max(CASE state WHEN 0 THEN ?7 ELSE time_ns + CAST((end - start) * 1e9 AS INTEGER) END), count(*), "
      "max(number) FROM events " +
      asked + "GROUP BY stream, part, named ORDER BY stream, part, named");
  for (bool more = row.run(query.stream, query.label, query.since_ns, query.until_ns, timeline.since_ns,
                           part_ns, timeline.until_ns);
       more; more = row.step())
    timeline.bars.push_back(
        {row.text(0), row.text(2), row.integer(3), row.integer(4), row.integer(5), row.integer(6)});
  return timeline;
}

bool EventTable::has_correction(const std::string& label) {
  return database_.prepare("SELECT 1 FROM events WHERE corrected = ? LIMIT 1").run(label);
}

void EventTable::move_times(std::int64_t behind, std::int64_t first_ns, std::int64_t last_ns,
                            std::int64_t by_ns) {
  database_
      .prepare(
          "UPDATE events SET time_ns = time_ns + ?1, start_ns = start_ns + ?1, end_ns = end_ns + ?1 "
          "WHERE number > ?2 AND time_ns BETWEEN ?3 AND ?4")
      .run(by_ns, behind, first_ns, last_ns);
}

std::int64_t EventTable::last_number() {
  auto query = database_.prepare("SELECT coalesce(max(number), 0) FROM events");
  return query.run() ? query.integer(0) : 0;
}

std::optional<std::int64_t> EventTable::newest_ns() {
  auto query = database_.prepare("SELECT max(time_ns) FROM events");
  return query.run() && !query.null(0) ? std::optional(query.integer(0)) : std::nullopt;
}

std::int64_t EventTable::last_run() {
  auto query =
      database_.prepare("SELECT max((SELECT number FROM runs), coalesce((SELECT max(run) FROM events), 0))");
  return query.run() ? query.integer(0) : 0;
}

void EventTable::note_run(std::int64_t run) { database_.prepare("UPDATE runs SET number = ?").run(run); }

std::vector<StoredEvent> EventTable::oldest(std::int64_t most, std::optional<std::int64_t> before_ns) {
  auto statement = database_.prepare(
      std::string(kColumns) +
      "WHERE state != 0 AND corrected IS NULL AND time_ns < ? ORDER BY time_ns, number LIMIT ?");
  const bool any = statement.run(before_ns.value_or(std::numeric_limits<std::int64_t>::max()), most);
  return any ? rows(statement) : std::vector<StoredEvent>();
}

void EventTable::remove(const std::vector<StoredEvent>& events) {
  Database::Transaction transaction(database_);
  auto statement = database_.prepare("DELETE FROM events WHERE number = ?");
  for (const StoredEvent& event : events) statement.run(event.number);
  transaction.commit();
}

std::int64_t EventTable::bytes_used() {
  const auto one = [this](const char* sql) {
    auto query = database_.prepare(sql);
    return query.run() ? query.integer(0) : 0;
  };
  const std::int64_t pages = one("PRAGMA page_count") - one("PRAGMA freelist_count");
  return one("SELECT coalesce(sum(clip_bytes + picture_bytes), 0) FROM events WHERE corrected IS NULL") +
         pages * one("PRAGMA page_size");
}

}  // namespace actionflow
