#include "nodes/store/event_store.h"

#include <cstdlib>
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
  std::error_code error;
  fs::create_directories(folder_ / "clips", error);
  if (error)
    throw UsageError(folder_.string() + ": cannot be made: " + error.message() +
                     ", expected a folder for what is kept");
  lock_ = FileLock::try_take(folder_ / "lock");
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
}

std::int64_t EventStore::next_run() {
  const std::lock_guard lock(mutex_);
  return table_->last_run() + 1;
}

void EventStore::begin_run(std::int64_t run) {
  const std::lock_guard lock(mutex_);
  run_ = run;
  table_->note_run(run);
}

std::int64_t EventStore::add(const EventResult& event) {
  const std::lock_guard lock(mutex_);
  follow_clock();
  return table_->insert(event, run_, clock_.wall_ns());
}

void EventStore::update(std::int64_t number, const EventResult& event) {
  const std::lock_guard lock(mutex_);
  table_->update(number, event);
}

void EventStore::interrupt(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  table_->interrupt(number);
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
  if (!table_->set_clip(number, name_of(number, suffix), start, size_of(file))) remove_file(file);
}

void EventStore::add_picture(std::int64_t number, const std::string& suffix) {
  const std::lock_guard lock(mutex_);
  const fs::path file = file_of(number, suffix);
  if (!table_->set_picture(number, name_of(number, suffix), size_of(file))) remove_file(file);
}

void EventStore::tidy() {
  const std::lock_guard lock(mutex_);
  tidy_locked();
}

void EventStore::tidy_if_due() {
  const std::lock_guard lock(mutex_);
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
  for (const StoredEvent& event : events) {
    if (!event.clip.empty()) remove_file(folder_ / event.clip);
    if (!event.picture.empty()) remove_file(folder_ / event.picture);
  }
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
