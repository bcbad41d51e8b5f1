#include "nodes/store/event_store.h"

#include <cstdlib>
#include <limits>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/log/log.h"

namespace actionflow {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kTidyNs = 60'000'000'000;
constexpr double kNsInSecond = 1e9;
// The clock of the day has been set where it differs by more from what the steady one says.
constexpr std::int64_t kSetNs = 60'000'000'000;
constexpr std::int64_t kTrustedAfterNs = 3600'000'000'000;
// Pictures come later than they are taken.
constexpr std::int64_t kOnTheWayNs = 60'000'000'000;
// A table that could not be opened is tried again.
constexpr std::int64_t kOpenAgainNs = kSecondNs;
// Rows that go in one transaction.
constexpr std::int64_t kAtOnce = 64;

std::int64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

// An event that went meanwhile needs none.
void remove_file(const fs::path& file) {
  std::error_code error;
  fs::remove(file, error);
}

}  // namespace

fs::path event_file(const fs::path& folder) { return folder / "events.sqlite"; }

EventStore::EventStore(fs::path folder, StoreLimits limits, const Clock& clock)
    : folder_(std::move(folder)),
      limits_(limits),
      clock_(clock),
      wall_zero_ns_(clock.wall_ns() - clock.steady_ns()),
      begin_ns_(clock.steady_ns()),
      no_age_until_ns_(begin_ns_) {
  try {
    open();
  } catch (const FailingDisk&) {
    make_room();
    try {
      open();
    } catch (const FailingDisk& error) {
      log::error("{}; events are lost until it can be written", error.what());
    }
  }
}

// All of it or nothing.
void EventStore::open() {
  next_open_ns_ = clock_.steady_ns() + kOpenAgainNs;
  try {
    open_table();
  } catch (const std::exception& error) {
    table_.reset();
    closed_why_ = error.what();
    throw;
  }
}

void EventStore::open_table() {
  std::error_code error;
  fs::create_directories(folder_ / "clips", error);
  if (error == std::errc::no_space_on_device)
    throw FailingDisk(ExitCode::failure, folder_.string() + ": the disk is full; make room on it");
  if (error)
    throw UsageError(folder_.string() + ": cannot be made: " + error.message() +
                     ", expected a folder for what is kept");
  if (!lock_) lock_ = FileLock::try_take(folder_ / "lock");
  if (!lock_)
    throw UsageError(folder_.string() +
                     ": another pipeline keeps its events here, expected a folder of its own");
  table_ = std::make_unique<EventTable>(event_file(folder_));
  if (const std::int64_t open = table_->interrupt_all())
    log::info("{}: under way when the program ended, and marked interrupted: {}", folder_.string(), open);
  remove_strangers();
  last_before_ = table_->last_number();
  const std::optional<std::int64_t> newest_ns = table_->newest_ns();
  if (newest_ns && *newest_ns < too_old_ns()) no_age_until_ns_ = begin_ns_ + kTrustedAfterNs;
  tidy_locked();
  if (run_ > 0) table_->note_run(run_);
}

EventTable& EventStore::table() {
  if (table_) return *table_;
  if (clock_.steady_ns() < next_open_ns_) throw FailingDisk(ExitCode::failure, closed_why_);
  open();
  log::info("{}: can be written again", folder_.string());
  return *table_;
}

// Before the table can be written: clips that no row names yet, and files of those events that would be the
// first to go beyond the limit. Their rows go as soon as there is a table.
void EventStore::make_room() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ / "clips", error))
    if (entry.path().extension() == kUnfinished) remove_file(entry.path());
  if (limits_.limit_bytes <= 0 || !lock_ || !fs::exists(event_file(folder_), error)) return;
  try {
    EventTable held(event_file(folder_), Database::Sharing::exclusive);  // needs no room to be read
    std::int64_t beyond = held.bytes_used() - limits_.limit_bytes;
    for (const StoredEvent& event : held.oldest(std::numeric_limits<std::int64_t>::max())) {
      if (beyond <= 0) return;
      beyond -= event.bytes;
      remove_files(event);
    }
  } catch (const Error&) {  // opening says why
  }
}

std::int64_t EventStore::next_run() {
  const std::lock_guard lock(mutex_);
  return table_ ? table_->last_run() + 1 : clock_.wall_ns() / kSecondNs;
}

void EventStore::begin_run(std::int64_t run) {
  const std::lock_guard lock(mutex_);
  run_ = run;
  if (table_) table_->note_run(run);
}

std::int64_t EventStore::add(const EventResult& event) {
  const std::lock_guard lock(mutex_);
  EventTable& rows = table();
  follow_clock();
  return rows.insert(event, run_, clock_.wall_ns());
}

void EventStore::update(std::int64_t number, const EventResult& event) {
  const std::lock_guard lock(mutex_);
  table().update(number, event);
}

void EventStore::interrupt(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  table().interrupt(number);
}

std::string EventStore::name_of(std::int64_t number, const std::string& suffix) const {
  return "clips/" + std::to_string(number) + suffix;
}

fs::path EventStore::file_of(std::int64_t number, const std::string& suffix) const {
  return folder_ / name_of(number, suffix);
}

void EventStore::add_clip(std::int64_t number, const std::string& suffix, double start) {
  const std::lock_guard lock(mutex_);
  const fs::path file = file_of(number, suffix);
  if (!table().set_clip(number, name_of(number, suffix), start, size_of(file))) remove_file(file);
}

void EventStore::add_picture(std::int64_t number, const std::string& suffix) {
  const std::lock_guard lock(mutex_);
  const fs::path file = file_of(number, suffix);
  if (!table().set_picture(number, name_of(number, suffix), size_of(file))) remove_file(file);
}

void EventStore::tidy() {
  const std::lock_guard lock(mutex_);
  table();
  tidy_locked();
}

void EventStore::tidy_if_due() {
  const std::lock_guard lock(mutex_);
  table();
  if (clock_.steady_ns() >= next_tidy_ns_) tidy_locked();
}

// Times by the clock as it was are moved with it; senders' own are not among them, unless they go by it.
void EventStore::follow_clock() {
  const std::int64_t now_ns = clock_.steady_ns(), zero_ns = clock_.wall_ns() - now_ns;
  const std::int64_t step_ns = zero_ns - wall_zero_ns_;
  if (std::abs(step_ns) < kSetNs) return;
  table_->move_times(last_before_, wall_zero_ns_ + begin_ns_ - kOnTheWayNs,
                     wall_zero_ns_ + now_ns + kOnTheWayNs, step_ns);
  log::info("{}: the machine's clock was set by {} s; events of this run were moved with it",
            folder_.string(), step_ns / kSecondNs);
  wall_zero_ns_ = zero_ns;
  no_age_until_ns_ = now_ns + kTrustedAfterNs;
}

std::int64_t EventStore::too_old_ns() const {
  return clock_.wall_ns() - static_cast<std::int64_t>(limits_.keep_seconds * kNsInSecond);
}

void EventStore::tidy_locked() {
  follow_clock();
  next_tidy_ns_ = clock_.steady_ns() + kTidyNs;
  if (limits_.keep_seconds > 0 && clock_.steady_ns() >= no_age_until_ns_) {
    const std::int64_t before = too_old_ns();
    for (auto old = table_->oldest(kAtOnce, before); !old.empty(); old = table_->oldest(kAtOnce, before))
      remove(old);
  }
  if (limits_.limit_bytes <= 0) return;
  std::int64_t beyond = table_->bytes_used() - limits_.limit_bytes;
  while (beyond > 0) {
    std::vector<StoredEvent> going;
    for (StoredEvent& event : table_->oldest(kAtOnce)) {
      if (beyond <= 0) break;
      beyond -= event.bytes;
      going.push_back(std::move(event));
    }
    if (going.empty()) return;
    remove(going);
    beyond = table_->bytes_used() - limits_.limit_bytes;
  }
}

void EventStore::remove(const std::vector<StoredEvent>& events) {
  table_->remove(events);
  for (const StoredEvent& event : events) remove_files(event);
}

void EventStore::remove_files(const StoredEvent& event) {
  if (!event.clip.empty()) remove_file(folder_ / event.clip);
  if (!event.picture.empty()) remove_file(folder_ / event.picture);
}

// Files are named by their event's number.
void EventStore::remove_strangers() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ / "clips", error)) {
    const std::string name = "clips/" + entry.path().filename().string();
    const auto rows = table_->find({.number = std::atoll(entry.path().stem().c_str())});
    const bool named = !rows.empty() && (rows.front().clip == name || rows.front().picture == name);
    if (!named) fs::remove(entry.path(), error);
  }
}

}  // namespace actionflow
