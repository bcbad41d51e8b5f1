#include "nodes/delivery/spool.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/files/database.h"
#include "base/log/log.h"
#include "base/machine/clock.h"

namespace actionflow {

namespace {

// What a message takes beside its text, about.
constexpr std::int64_t kMessageBytes = 64;

std::int64_t size_of(const Message& message) {
  return kMessageBytes +
         static_cast<std::int64_t>(message.topic.size() + message.payload.size() + message.key.size());
}

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL,"
    " payload TEXT NOT NULL, retain INTEGER NOT NULL, bytes INTEGER NOT NULL, key TEXT NOT NULL DEFAULT '');"
    "CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, text TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS format (kind TEXT NOT NULL, version INTEGER NOT NULL)";

// Spools of earlier versions have messages without one.
void add_key(Database& database) {
  auto found = database.prepare("SELECT 1 FROM pragma_table_info('message') WHERE name = 'key'");
  const bool there = found.run();
  found.reset();
  if (!there) database.run("ALTER TABLE message ADD COLUMN key TEXT NOT NULL DEFAULT ''");
}

constexpr const char* kUnknown = "other";
constexpr std::int64_t kUnsavedIds = 1'000'000;
constexpr std::int64_t kTryAgainNs = 1'000'000'000;
constexpr std::int64_t kNsPerUs = 1000;

// The format of what a spool holds, where it is not this one; else empty.
std::string stranger_in(Database& database, const SpoolFormat& format) {
  auto known = database.prepare("SELECT kind, version FROM format");
  if (known.run()) {
    const std::string kind = known.text(0);
    const std::int64_t version = known.integer(1);
    if (kind == format.kind && version <= format.version) return {};
    return version > 1 ? kind + "-" + std::to_string(version) : kind;
  }
  // One of before formats were noted. Who needs topics keeps notes, too.
  auto oldest = database.prepare("SELECT topic FROM message UNION ALL SELECT name FROM note LIMIT 1");
  const bool topics = oldest.run() ? !oldest.text(0).empty() : format.topics;
  return topics == format.topics ? std::string() : kUnknown;
}

std::int64_t run_in(Database& database) {
  auto version = database.prepare("PRAGMA user_version");
  version.run();
  return version.integer(0);
}

bool is_empty(Database& database) {
  auto anything = database.prepare("SELECT 1 FROM message UNION ALL SELECT 1 FROM note LIMIT 1");
  return !anything.run();
}

std::filesystem::path free_name(const std::filesystem::path& file, const std::string& suffix) {
  std::filesystem::path name = file.string() + "." + suffix;
  for (int number = 2; std::filesystem::exists(name); ++number)
    name = file.string() + "." + suffix + "." + std::to_string(number);
  return name;
}

}  // namespace

Spool::Spool(std::filesystem::path file, ByteSize limit, const SpoolFormat& format)
    : file_(std::move(file)),
      limit_(limit.bytes),
      kind_(format.kind),
      format_{.kind = kind_, .version = format.version, .topics = format.topics} {
  try {
    open();
  } catch (const FailingDisk& error) {
    last_id_ = Clock::system().wall_ns() / kNsPerUs;
    note_unwritten(error.what());
  }
}

Spool::~Spool() {
  if (!state_.error.empty()) write();
}

// All of it or nothing: one that was opened by half would be taken for one that is there.
void Spool::open() {
  try {
    open_file();
  } catch (...) {
    database_.reset();
    throw;
  }
}

void Spool::open_file() {
  std::error_code error;  // of another kind: opening says so
  if (file_.has_parent_path()) std::filesystem::create_directories(file_.parent_path(), error);
  if (error == std::errc::no_space_on_device)
    throw FailingDisk(ExitCode::failure, file_.string() + ": the disk is full; make room on it");
  try {
    open_table();
  } catch (const DamagedDatabase& damaged) {
    const std::filesystem::path aside = free_name(file_, "damaged");
    put_aside(aside);
    log::error("{}; it was put aside as {}, and what waited in it is not sent", damaged.what(),
               aside.string());
    open_table();
  }
  claim(format_);
}

void Spool::open_table() {
  database_ = std::make_unique<Database>(file_, Database::Sharing::exclusive);
  auto check = database_->prepare("PRAGMA quick_check(1)");
  if (check.run(); check.text(0) != "ok")
    throw DamagedDatabase(ExitCode::failure, file_.string() + ": damaged: " + check.text(0));
  check.reset();
  Database::Transaction transaction(*database_);
  database_->run(kTables);
  add_key(*database_);
  transaction.commit();
  auto sum = database_->prepare("SELECT count(*), coalesce(sum(bytes), 0) FROM message WHERE id > ?");
  sum.run(done_id_);
  state_.messages = sum.integer(0) + static_cast<std::int64_t>(unsaved_.size());
  state_.bytes = sum.integer(1) + unsaved_bytes_;
  sum.reset();
  // Ids of messages that a full disk never had are not given again.
  auto newest = database_->prepare("SELECT seq FROM sqlite_sequence WHERE name = 'message'");
  if (newest.run()) last_id_ = std::max(last_id_, newest.integer(0) + kUnsavedIds);
}

// Has a file of this format, whosever it was. Runs are numbered on, so that receivers hear no id twice.
void Spool::claim(const SpoolFormat& format) {
  const std::string stranger = stranger_in(*database_, format);
  if (!stranger.empty() && !is_empty(*database_)) {
    const std::int64_t run = run_in(*database_);
    const std::int64_t left = state_.messages - static_cast<std::int64_t>(unsaved_.size());
    const std::filesystem::path aside = free_name(file_, stranger);
    put_aside(aside);
    log::warn(
        "{}: the {} messages in it are not those of a node {} but of another ({}); it was put aside as {}, "
        "whence such a node takes them by spool: {{file: …}}",
        file_.string(), left, format.kind, stranger, aside.string());
    open_table();
    database_->run("PRAGMA user_version = " + std::to_string(run));
  }
  auto known = database_->prepare("SELECT 1 FROM format WHERE kind = ? AND version = ?");
  if (known.run(std::string(format.kind), format.version)) return;
  known.reset();
  Database::Transaction transaction(*database_);
  database_->run("DELETE FROM format");
  database_->prepare("INSERT INTO format VALUES (?, ?)").run(std::string(format.kind), format.version);
  transaction.commit();
}

void Spool::put_aside(const std::filesystem::path& aside) {
  database_.reset();
  std::error_code error, none;  // most often there is no log beside it
  std::filesystem::rename(file_, aside, error);
  if (error)
    throw Error(ExitCode::failure,
                file_.string() + ": cannot be put aside as " + aside.string() + ": " + error.message());
  std::filesystem::rename(file_.string() + "-wal", aside.string() + "-wal", none);
  std::filesystem::remove(file_.string() + "-shm", none);
}

void Spool::put(std::span<const Message> messages, const Notes& notes) {
  const std::lock_guard lock(mutex_);
  for (const Message& message : messages) {
    unsaved_.push_back(message);
    unsaved_.back().id = ++last_id_;
    count(message, 1);
    unsaved_bytes_ += size_of(message);
  }
  for (const auto& [name, text] : notes) unsaved_notes_[name] = text;
  write();
}

// What the disk does not take stays in memory.
void Spool::write() {
  written_ns_ = Clock::system().steady_ns();
  State before = state_;
  try {
    if (!database_) {
      open();
      before = state_;
    }
    save();
    if (std::exchange(told_, false)) log::info("{}: can be written again", file_.string());
    state_.error.clear();
  } catch (...) {
    state_ = before;
    give_up();
    while (unsaved_bytes_ > std::min(kUnsaved, limit_)) drop_unsaved();
  }
}

// Of what was caught. What a full disk does not mend, such as a file that was damaged or taken away, is
// opened anew at the next try.
void Spool::give_up() {
  try {
    throw;
  } catch (const FailingDisk& error) {
    note_unwritten(error.what());
  } catch (...) {
    database_.reset();
    note_unwritten(Failure::from_current_exception().message);
  }
}

void Spool::note_unwritten(const std::string& why) {
  if (std::int64_t held_back = 0; !told_ && unwritten_.pass(held_back)) {
    log::warn("{}; messages wait in memory until it can be written", why);
    told_ = true;
  }
  state_.error = why;
}

void Spool::save() {
  Database::Transaction transaction(*database_);
  database_->prepare("DELETE FROM message WHERE id <= ?").run(done_id_);
  auto insert = database_->prepare(
      "INSERT OR REPLACE INTO message (id, topic, payload, retain, bytes, key) VALUES (?, ?, ?, ?, ?, ?)");
  for (const Message& message : unsaved_)
    insert.run(message.id, message.topic, message.payload, message.retain, size_of(message), message.key);
  const bool dropped = make_room();
  auto keep = database_->prepare("INSERT OR REPLACE INTO note VALUES (?, ?)");
  auto forget = database_->prepare("DELETE FROM note WHERE name = ?");
  for (const auto& [name, text] : unsaved_notes_) text ? keep.run(name, *text) : forget.run(name);
  if (unsaved_run_) database_->run("PRAGMA user_version = " + std::to_string(*unsaved_run_));
  transaction.commit();
  unsaved_run_.reset();
  unsaved_.clear();
  unsaved_bytes_ = 0;
  unsaved_notes_.clear();
  if (dropped) note_dropped();
}

// Drops the oldest until the others fit; whether there was any to drop.
bool Spool::make_room() {
  auto oldest = database_->prepare("SELECT id, bytes FROM message ORDER BY id LIMIT 1");
  auto remove = database_->prepare("DELETE FROM message WHERE id = ?");
  const std::int64_t before = state_.dropped;
  while (state_.bytes > limit_ && oldest.run()) {
    const std::int64_t id = oldest.integer(0);
    state_.bytes -= oldest.integer(1);
    oldest.reset();
    remove.run(id);
    state_.messages -= 1;
    state_.dropped += 1;
  }
  return state_.dropped > before;
}

// The oldest that takes memory, though older ones may stand on the disk, which takes no change.
void Spool::drop_unsaved() {
  const Message message = std::move(unsaved_.front());
  unsaved_.pop_front();
  unsaved_bytes_ -= size_of(message);
  count(message, -1);
  state_.dropped += 1;
  note_dropped();
}

void Spool::note_dropped() {
  if (dropped_ns_ == 0)
    log::warn("{}: full, the oldest messages are dropped to take in new ones", file_.string());
  dropped_ns_ = Clock::system().steady_ns();
}

void Spool::count(const Message& message, int times) {
  state_.messages += times;
  state_.bytes += times * size_of(message);
}

std::optional<Message> Spool::front() {
  const std::lock_guard lock(mutex_);
  if (!state_.error.empty() && Clock::system().steady_ns() - written_ns_ >= kTryAgainNs) write();
  try {
    if (auto written = front_on_disk()) return written;
  } catch (...) {
    give_up();
  }
  return unsaved_.empty() ? std::nullopt : std::optional(unsaved_.front());
}

std::optional<Message> Spool::front_on_disk() {
  if (!database_) return std::nullopt;
  auto oldest = database_->prepare(
      "SELECT topic, payload, retain, id, key FROM message WHERE id > ? ORDER BY id LIMIT 1");
  if (!oldest.run(done_id_)) return std::nullopt;
  return Message{oldest.text(0), oldest.text(1), oldest.integer(2) != 0, oldest.integer(3), oldest.text(4)};
}

bool Spool::holds_on_disk(std::int64_t id) {
  if (id <= done_id_ || !database_) return false;
  try {
    return database_->prepare("SELECT 1 FROM message WHERE id = ?").run(id);
  } catch (...) {
    give_up();
    return true;  // it was read there a moment ago
  }
}

void Spool::pop(const Message& message) {
  const std::lock_guard lock(mutex_);
  const bool unsaved = !unsaved_.empty() && unsaved_.front().id == message.id;
  if (!unsaved && !holds_on_disk(message.id)) {
    --state_.dropped;  // it was dropped while it was on its way, and has come there after all
    return;
  }
  count(message, -1);
  if (unsaved) {  // older ones may stand on a disk that cannot be read now
    unsaved_bytes_ -= size_of(message);
    unsaved_.pop_front();
  } else {
    done_id_ = message.id;
  }
  // A full disk is tried now and then, not for each message that passes it by.
  if (state_.error.empty()) write();
}

std::map<std::string, std::string> Spool::notes() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> notes;
  if (!database_) return notes;
  auto select = database_->prepare("SELECT name, text FROM note");
  for (bool row = select.run(); row; row = select.step()) notes.emplace(select.text(0), select.text(1));
  return notes;
}

std::int64_t Spool::last_run() const {
  const std::lock_guard lock(mutex_);
  return database_ ? run_in(*database_) : Clock::system().wall_ns() / (1'000'000 * kNsPerUs);
}

void Spool::begin_run(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  unsaved_run_ = number;
  write();
}

Spool::State Spool::state() const {
  const std::lock_guard lock(mutex_);
  State state = state_;
  state.unsaved = static_cast<std::int64_t>(unsaved_.size());
  state.dropping = dropped_ns_ > 0 && Clock::system().steady_ns() - dropped_ns_ < kTroubleNs;
  return state;
}

}  // namespace actionflow
